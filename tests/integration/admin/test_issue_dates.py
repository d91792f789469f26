"""The day of a document is that of its issuer, wherever staff and bookkeepers meet it.

By UTC, lists and files put it on another day, month or year than the document itself and its number
(magento/magento2#34956, julien-nc/cospend-nc#211).
"""

import csv
import io
from datetime import UTC, datetime

import pytest

from invoicing.billing import bill_orders
from invoicing.crediting import credit_invoice
from invoicing.models import CreditNote, Invoice
from tests.confirmed_orders import confirmed

NEW_YEAR = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # 2026 in Berlin
NEW_YEARS_EVE = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)  # of 2025 there
LISTS = [(Invoice, "/admin/invoicing/invoice/"), (CreditNote, "/admin/invoicing/creditnote/")]


@pytest.fixture
def documents(db, settings, time_machine):
    """Two invoices with a credit note each, on either side of midnight in Berlin, and in one day of UTC."""
    settings.INVOICE_TIME_ZONE = "Europe/Berlin"
    for at in (NEW_YEARS_EVE, NEW_YEAR):
        time_machine.move_to(at, tick=False)
        bill_orders([order := confirmed()])
        invoice = Invoice.objects.get(order_id=order.order_id)
        credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")


@pytest.mark.parametrize(("model", "address"), LISTS)
def test_lists_are_filtered_by_the_day_that_a_document_bears(superuser, documents, model, address):
    def found(**days: str) -> list[str]:
        listed = superuser.get(address, days).context["cl"].result_list
        return [str(document.issue_date) for document in listed]

    assert found() == ["2026-01-01", "2025-12-31"]
    assert found(issued_at_from="2026-01-01") == found(issued_at_from="2026-01-01", issued_at_to="2026-01-01")
    assert found(issued_at_from="2026-01-01") == ["2026-01-01"]
    assert found(issued_at_to="2025-12-31") == ["2025-12-31"]
    assert found(issued_at_from="0001-01-01", issued_at_to="9999-12-31") == found()


@pytest.mark.parametrize(("model", "address"), LISTS)
def test_a_document_keeps_its_day_when_the_issuer_moves(superuser, documents, settings, model, address):
    settings.INVOICE_TIME_ZONE = "America/New_York"

    listed = superuser.get(address, {"issued_at_from": "2026-01-01"}).context["cl"].result_list

    assert [document.year for document in listed] == [2026]


@pytest.mark.parametrize(("model", "address"), LISTS)
def test_lists_and_pages_show_the_day(superuser, documents, model, address):
    number = model.objects.get(year=2026).number

    assert "2026-01-01" in superuser.get(address).content.decode()
    assert "2026-01-01" in superuser.get(f"{address}{number}/change/").content.decode()


@pytest.mark.parametrize("path", ["/invoices.csv", "/credit-notes.csv"])
def test_exports_say_the_day(superuser, documents, path):
    text = b"".join(superuser.get(path).streaming_content).decode()

    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert [(row["issue_date"], row["issued_at"][:10]) for row in rows] == [
        ("2026-01-01", "2025-12-31"),
        ("2025-12-31", "2025-12-31"),
    ]


def test_the_api_says_the_day(superuser, documents):
    for model, _ in LISTS:
        shown = superuser.get(
            f"/invoices/{model.objects.get(year=2026).number}", headers={"accept": "application/json"}
        )
        assert shown.json()["issue_date"] == "2026-01-01"
