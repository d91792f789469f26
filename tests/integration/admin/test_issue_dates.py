"""The day of a document is that of its issuer, wherever staff and bookkeepers meet it.

By UTC, lists and files put it on another day, month or year than the document itself and its number
(magento/magento2#34956, julien-nc/cospend-nc#211).
"""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

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


@pytest.mark.parametrize("path", ["/invoices", "/invoices.csv", "/credit-notes.csv"])
def test_lists_and_exports_are_of_the_days_that_documents_bear(superuser, documents, path):
    """invoiceninja/invoiceninja#2976, ColoredCow/portal#3401: a bookkeeper wants the invoices of a month."""

    def days(query: str) -> set[str]:
        response = superuser.get(f"{path}?{query}", headers={"accept": "application/json, text/csv"})
        if not path.endswith(".csv"):
            return {each["issue_date"] for each in response.json()["results"]}
        text = b"".join(response.streaming_content).decode()
        return {row["issue_date"] for row in csv.DictReader(io.StringIO(text, newline=""))}

    assert days("issue_date_from=2026-01-01&issue_date_to=2026-01-31") == {"2026-01-01"}
    assert days("issue_date_from=2025-12-01&issue_date_to=2025-12-31") == {"2025-12-31"}
    assert days("issue_date_to=0001-01-01") == days("issue_date_from=9999-12-31") == set()
    assert days("issue_date_from=0001-01-01&issue_date_to=9999-12-31") == {"2026-01-01", "2025-12-31"}
    assert days("issued_from=2025-12-31T23:00:00Z") == days("issued_from=2026-01-01T00:30:00%2B01:00") == {"2026-01-01"}
    assert days("issued_to=2025-12-31T23:00:00Z") == {"2025-12-31"}


def test_a_list_of_both_kinds_is_of_days_as_each_is(superuser, documents):
    query = "issue_date_from=2026-01-01&issue_date_to=2026-01-01"

    results = superuser.get(f"/invoices?{query}", headers={"accept": "application/json"}).json()["results"]

    assert {each["kind"] for each in results} == {"invoice", "credit_note"}
    assert len(results) == 2


def test_commands_export_the_days_that_documents_bear(documents, tmp_path):
    file = tmp_path / "january.csv"
    for command in ("export_invoices", "export_credit_notes"):
        call_command(command, "--issue-date-from", "2026-01-01", "--issue-date-to", "2026-01-31", "--output", file)

        rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
        assert [row["issue_date"] for row in rows] == ["2026-01-01"]


def test_the_api_says_the_day(superuser, documents):
    for model, _ in LISTS:
        shown = superuser.get(
            f"/invoices/{model.objects.get(year=2026).number}", headers={"accept": "application/json"}
        )
        assert shown.json()["issue_date"] == "2026-01-01"
