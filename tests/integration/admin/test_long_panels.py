"""Pages of rows with long panels: orders and invoices of many lines.

PrestaShop/PrestaShop#16129, hasgeek/boxoffice#82, ingadhoc/sale#1747: pages of orders with all of their lines.
"""

import re

import pytest
from django.http import QueryDict

from backoffice.panel_pages import ROWS, page_of
from backoffice.panels import Column, Panel
from invoicing.models import Invoice
from tests.stock import book_movement


def shown(count: int, query: str = "") -> Panel:
    panel = Panel(title="Stock: reserved", columns=[Column()], rows=[(number,) for number in range(1, count + 1)])
    return page_of(panel, QueryDict(query))


def linked(panel: Panel) -> dict[str, str]:
    assert panel.pages is not None
    return {name: address for name, address in panel.pages.links if address}


@pytest.mark.parametrize("count", [0, 1, ROWS])
def test_a_panel_that_fits_is_shown_as_it_is(count):
    panel = shown(count)

    assert (len(panel.rows), panel.pages) == (count, None)


def test_a_longer_one_begins_with_its_first_page():
    panel = shown(2 * ROWS + 1)

    assert [panel.rows[0], panel.rows[-1]] == [(1,), (ROWS,)]
    assert panel.pages is not None
    assert panel.pages.shown == "1 to 200 of 401"
    assert linked(panel) == {
        "Next": "?page_of_stock-reserved=2#stock-reserved",
        "Last": "?page_of_stock-reserved=3#stock-reserved",
        "All": "?page_of_stock-reserved=all#stock-reserved",
    }


def test_another_page_keeps_those_of_other_panels():
    panel = shown(2 * ROWS + 1, "page_of_lines=4&page_of_stock-reserved=3")

    assert panel.rows == [(2 * ROWS + 1,)]
    assert linked(panel)["Previous"] == "?page_of_lines=4&page_of_stock-reserved=2#stock-reserved"
    assert set(linked(panel)) == {"First", "Previous", "All"}


def test_all_can_be_had_to_print_them():
    panel = shown(1_500, "page_of_stock-reserved=all")

    assert panel.pages is not None
    assert (len(panel.rows), panel.pages.shown) == (1_500, "1 to 1,500 of 1,500")
    assert set(linked(panel)) == {"First"}


@pytest.mark.parametrize(
    ("asked", "first"), [("0", 1), ("-1", 1), ("x", 1), ("²", 1), ("", 1), ("9" * 5000, 1), ("77", 2 * ROWS + 1)]
)
def test_an_odd_page_is_one_that_there_is(asked, first):
    assert shown(2 * ROWS + 1, f"page_of_stock-reserved={asked}").rows[0] == (first,)


def test_an_order_and_an_invoice_of_many_lines_are_shown_in_pages(viewer, place, consume):
    skus = [f"S{number}" for number in range(ROWS + 1)]
    order = place(**dict.fromkeys(skus, 1))
    for sku in skus:
        book_movement(sku=sku, kind="receipt", quantity=1, actor="root")
    consume()
    number = Invoice.objects.get(order_id=order.pk).number

    for address in (f"/admin/orders/order/{order.pk}/change/", f"/admin/invoicing/invoice/{number}/change/"):
        first, second = viewer.get(address), viewer.get(f"{address}?page_of_lines=2")
        assert (len(first.context["panels"][0].rows), len(second.context["panels"][0].rows)) == (ROWS, 1)
        html = first.content.decode()
        assert re.search(r'<nav [^>]*aria-label="Pages of Lines"', html)
        assert 'href="?page_of_lines=2#lines"' in html


def test_a_cell_takes_few_characters(viewer, confirmed):
    """Of 2,000 lines with nine cells each, a hundred characters a cell are 2 MB."""
    html = viewer.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()

    rows = re.findall(r"<tr><td.*?</tr>", html, re.DOTALL)
    assert any("MUG" in row for row in rows)
    assert max(len(row) for row in rows if "MUG" in row) < 600
