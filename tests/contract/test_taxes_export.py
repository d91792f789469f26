"""GET /taxes.csv: what invoices and credit notes say of tax, to be added up."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import msgspec
import pytest
from django.contrib.auth import get_user_model

from common.parties import Party
from invoicing.billing import bill_orders
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.events import Tax
from invoicing.models import CreditNote, Document, Invoice
from tests.confirmed_orders import confirmed

pytestmark = pytest.mark.django_db

BERLIN = {"name": "Tasse GmbH", "lines": ["Weg 1"], "city": "Berlin", "country": "DE", "vat_id": "DE136695976"}
PARIS = {"name": "Tasse SARL", "lines": ["Rue 1"], "city": "Paris", "country": "FR"}


@pytest.fixture
def shop(api):
    return api(name="shop")


def issue(**different: object) -> Invoice:
    order = confirmed(client_id=get_user_model().objects.get(username="shop").pk, **different)
    bill_orders([order])
    return Invoice.objects.get(order_id=order.order_id)


def credit(invoice: Invoice, quantity: int, line_no: int = 1) -> CreditNote:
    lines = [AskedLine(line_no=line_no, quantity=quantity)]
    return credit_invoice(number=invoice.number, lines=lines, reason="returned", restock=False, actor="ann")


def two_categories() -> dict[str, object]:
    """An order of three mugs at 2.555 under S, and of two books at 1.115 under K, without tax."""
    mug = msgspec.structs.replace(confirmed().lines[0], tax_category="S")
    book = msgspec.structs.replace(
        mug,
        line_no=2,
        sku="BOOK",
        quantity=2,
        unit_price=Decimal("1.115"),
        tax_rate=Decimal(0),
        net=Decimal("2.23"),
        tax_category="K",
    )
    taxes = [
        Tax(rate=Decimal("0.2"), net=Decimal("7.67"), tax=Decimal("1.53"), category="S"),
        Tax(rate=Decimal(0), net=Decimal("2.23"), tax=Decimal("0.00"), category="K", reason_code="VATEX-EU-IC"),
    ]
    amounts = {"net": Decimal("9.90"), "tax": Decimal("1.53"), "total": Decimal("11.43")}
    return {"lines": [mug, book], "taxes": taxes, **amounts}


def exported(client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/taxes.csv{query}")
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))


def test_a_return_can_be_filled_in_from_it_by_rate_and_category(shop):
    """As emaijala/MLInvoice#159 and avanzosc/odoo-addons#2955 ask for."""
    first, second = issue(**two_categories()), issue(**two_categories())
    for invoice in (first, second, first):
        credit(invoice, 1)
    credit(first, 2, line_no=2)

    sums: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in exported(shop):
        key = (row["currency"], row["tax_category"], row["tax_rate"])
        sums[key][0] += Decimal(row["net"])
        sums[key][1] += Decimal(row["tax"])

    invoices, notes = list(Invoice.objects.all()), list(CreditNote.objects.all())
    for place, name in enumerate(("net", "tax")):
        owed = sum(getattr(each, name) for each in invoices) - sum(getattr(each, name) for each in notes)
        assert sum(each[place] for each in sums.values()) == owed
    assert sums["GBP", "K", "0"] == [Decimal("2.23"), Decimal(0)]
    assert sums["GBP", "S", "0.2"][1] == sum(each.tax for each in invoices) - sum(each.tax for each in notes)


def test_each_category_and_rate_of_a_document_is_a_row_with_the_buyer_and_where_the_goods_go(shop):
    """A list of sales within the Community goes by VAT id (liberusoftware/ecommerce-laravel#791)."""
    invoice = issue(**two_categories(), bill_to=Party(**BERLIN), ship_to=Party(**PARIS))
    note = credit(invoice, 2, line_no=2)

    credited, standard, within_the_community = exported(shop)

    assert credited == {
        "number": note.number,
        "kind": "credit_note",
        "issue_date": note.issue_date.isoformat(),
        "issued_at": credited["issued_at"],
        "invoice_number": invoice.number,
        "order_id": str(invoice.order_id),
        "reference": "PO-4711",
        "customer_id": "C-1",
        "vat_id": "DE136695976",
        "country": "DE",
        "goods_to_country": "FR",
        "currency": "GBP",
        "tax_category": "K",
        "tax_rate": "0",
        "net": "-2.23",
        "tax": "0.00",
    }
    assert [row["kind"] for row in (standard, within_the_community)] == ["invoice", "invoice"]
    assert (standard["tax_category"], standard["tax_rate"], standard["net"], standard["tax"]) == (
        *("S", "0.2"),
        *("7.67", "1.53"),
    )


def test_what_was_billed_without_an_address_and_before_there_were_categories_has_a_row_too(shop):
    issue()

    (row,) = exported(shop)

    assert (row["tax_category"], row["country"], row["goods_to_country"], row["vat_id"]) == ("S", "", "", "")


def test_the_filters_are_those_of_the_list_of_both(shop):
    invoice = issue()
    note = credit(invoice, 1)

    assert [row["number"] for row in exported(shop)] == [note.number, invoice.number]
    assert [row["number"] for row in exported(shop, "?kind=invoice")] == [invoice.number]
    assert exported(shop, "?issue_date_to=2001-01-31") == []
    assert shop.get("/taxes.csv?kind=receipt").status_code == 400


def test_a_client_exports_the_taxes_of_its_own_orders(api, shop):
    issue()

    assert exported(api(name="other")) == []
    assert len(exported(api("invoicing.view_invoice", name="accounts"))) == Document.objects.count()
