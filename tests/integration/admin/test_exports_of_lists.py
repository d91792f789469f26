"""Lists of the admin lead to files of what they show: accountants and staff typed addresses with parameters."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from django.utils.html import strip_tags

from invoicing.crediting import credit_invoice
from orders.models import Order
from tests.factories import StockItemFactory

ORDERS = "/admin/orders/order/"
INVOICES = "/admin/invoicing/invoice/"
NOTES = "/admin/invoicing/creditnote/"


def files(client, address: str, **parameters: str) -> list[list[dict[str, str]]]:
    """The rows of all files that a list leads to."""
    page = client.get(address, parameters).content.decode()
    links = re.findall(r'href="([^"]*)" download', page)
    return [rows(client, link.replace("&amp;", "&")) for link in links]


def rows(client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200, address
    return list(csv.DictReader(io.StringIO(b"".join(response).decode())))


@pytest.fixture
def documents(confirmed):
    return credit_invoice(number=confirmed.invoice_number, lines=None, reason="Returned", restock=False, actor="ann")


def test_a_list_of_orders_is_exported_with_its_filters(superuser, place):
    """pretix/pretix#507, nopSolutions/nopCommerce#8313."""
    for reference, at in (
        ("before", datetime(2026, 3, 1, 23, 59, 59, 999999, UTC)),
        ("first", datetime(2026, 3, 2, tzinfo=UTC)),
        ("last", datetime(2026, 3, 3, 23, 59, 59, 999999, UTC)),
        ("after", datetime(2026, 3, 4, tzinfo=UTC)),
    ):
        Order.objects.filter(pk=place(reference=reference, MUG=1).pk).update(placed_at=at)
    Order.objects.filter(reference="last").update(status="backordered")

    def exported(**parameters: str) -> list[str]:
        (file,) = files(superuser, ORDERS, **parameters)
        return [row["reference"] for row in file]

    assert exported() == ["after", "last", "first", "before"]
    assert exported(placed_at_from="2026-03-02", placed_at_to="2026-03-03") == ["last", "first"]
    assert exported(placed_at_from="2026-03-02", status__exact="backordered") == ["last"]


@pytest.mark.parametrize(("address", "number"), [(INVOICES, "invoice_number"), (NOTES, "number")])
def test_documents_are_exported_by_the_days_that_they_bear_with_their_taxes(superuser, documents, address, number):
    day = documents.issue_date.isoformat()

    listed, taxes = files(superuser, address, issued_at_from=day, issued_at_to=day)

    assert [row["number"] for row in listed] == [getattr(documents, "pk" if number == "number" else "invoice_id")]
    assert {row["number"] for row in taxes} == {documents.number, documents.invoice_id}
    assert files(superuser, address, issued_at_from="2999-01-01") == [[], []]


def test_stock_is_exported_with_what_it_cost_by_who_may_see_that(superuser, staff, db):
    """bigcapitalhq/bigcapital#308, medusajs/medusa#16223: a month's close took the value of stock from pages."""
    StockItemFactory(sku="B", on_hand=3, reserved=1, average_cost="1.5", cost_currency="GBP")
    StockItemFactory(sku="A", on_hand=2)

    (levels,) = files(superuser, "/admin/inventory/stockitem/")

    told = [
        [row[name] for name in ("sku", "on_hand", "available", "average_cost", "value", "currency")] for row in levels
    ]
    assert told == [["A", "2", "2", "", "", ""], ["B", "3", "2", "1.50", "4.50", "GBP"]]
    clerk = staff("inventory.view_stockitem")
    assert files(clerk, "/admin/inventory/stockitem/") == []
    assert {row["value"] for row in rows(clerk, "/stock.csv")} == {""}


@pytest.mark.parametrize("address", [ORDERS, INVOICES, NOTES])
def test_what_is_searched_for_is_no_filter_of_a_file(superuser, documents, address):
    page = superuser.get(address, {"q": "C-1"}).content.decode()

    assert " download>" not in page
    assert "As files, lists are had by their filters, and without a search." in strip_tags(page)


def test_a_day_that_is_none_is_no_filter_of_a_file(superuser, documents):
    assert files(superuser, INVOICES, issued_at_from="31.02.2026") == []


def test_who_may_see_credit_notes_alone_is_offered_no_file_that_lacks_the_rest(staff, documents):
    clerk = staff("invoicing.view_creditnote")

    ((note,),) = files(clerk, NOTES)

    assert note["number"] == documents.number
