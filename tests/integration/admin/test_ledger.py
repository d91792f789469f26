"""The ledger of a sku, with what was on hand and reserved after each movement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import admin_ledger
from inventory.events import OrderedLine, OrderPlaced
from inventory.models import StockMovement
from inventory.reservations import reserve_stock_for_orders
from inventory.selectors import ledger_of
from messaging.events import new_id
from tests.factories import StockItemFactory
from tests.stock import book_movement

URL = "/admin/inventory/stockitem/MUG/ledger_of_this/"


@pytest.fixture(autouse=True)
def movements(db):
    """Movements: ten times a receipt of 100 and a reservation of one, then a receipt of 25."""
    book_movement(sku="MUG", kind="receipt", quantity=100)
    book_movement(sku="TEA", kind="receipt", quantity=7)
    for _ in range(10):
        reserve_stock_for_orders([OrderPlaced(order_id=new_id(), lines=[OrderedLine(sku="MUG", quantity=1)])])
    book_movement(sku="MUG", kind="receipt", quantity=25)


def balances(panel) -> list[tuple[int, int]]:
    return [(row[4], row[5]) for row in panel.rows]


def test_says_what_there_was_after_each_movement(viewer):
    (panel,) = viewer.get("/admin/inventory/stockitem/MUG/change/").context["panels"]

    assert balances(panel) == [(125, 10)] + [(100, held) for held in range(10, 0, -1)] + [(100, 0)]


def test_has_no_column_in_which_there_is_nothing(viewer):
    def columns() -> list[str]:
        (panel,) = viewer.get("/admin/inventory/stockitem/MUG/change/").context["panels"]
        assert {len(row) for row in panel.rows} == {len(panel.columns)}
        return [column.title for column in panel.columns]

    assert columns() == ["At (UTC)", "Kind", "On hand", "Reserved", "On hand after", "Reserved after", "Order"]

    book_movement(sku="MUG", kind="receipt", quantity=1, note="LS-7", actor="ann")

    assert columns()[-3:] == ["Order", "Note", "Booked by"]


def test_leads_back_page_by_page_to_the_beginning(viewer, monkeypatch):
    monkeypatch.setattr(admin_ledger, "LENGTH", 5)
    url, pages = URL, []
    while url:
        (panel,) = viewer.get(url).context["panels"]
        pages.append(balances(panel))
        url = str(panel.more).split('"')[3].replace("&amp;", "&") if panel.more else ""
        book_movement(sku="MUG", kind="receipt", quantity=1000)  # what comes meanwhile changes no older balance

    assert [len(page) for page in pages] == [5, 5, 2]
    assert pages[0][0] == (125, 10)
    assert pages[1:] == [[(100, held) for held in range(6, 1, -1)], [(100, 1), (100, 0)]]


def test_of_a_deep_page_no_more_is_read_than_of_the_first(monkeypatch):
    _, place = ledger_of("MUG", length=8)
    StockMovement.objects.bulk_create(
        StockMovement(sku="MUG", kind="receipt", on_hand_change=1, note=str(n)) for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_stockmovement")
    with CaptureQueriesContext(connection) as queries:
        ledger_of("MUG", length=8, place=place)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries[0]['sql']}")
        ((((plan,),),),) = (cursor.fetchall(),)
    assert max(rows_read(plan["Plan"])) <= 9


def rows_read(plan: dict) -> list[float]:
    inner = [rows for part in plan.get("Plans", ()) for rows in rows_read(part)]
    return [plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0), *inner]


@pytest.mark.parametrize("place", ["", "x", "\x00", "WzFd:1:a"])
def test_a_place_that_was_not_made_here_leads_to_the_beginning(viewer, place):
    response = viewer.get(URL, {"place": place})

    assert (response.status_code, response.headers["Location"]) == (302, URL)


def test_a_place_is_of_one_sku(viewer, monkeypatch):
    monkeypatch.setattr(admin_ledger, "LENGTH", 5)
    (panel,) = viewer.get(URL).context["panels"]
    token = str(panel.more).split("place=")[1].split('"')[0]

    assert viewer.get(f"/admin/inventory/stockitem/TEA/ledger_of_this/?place={token}").status_code == 302


@pytest.mark.parametrize("sku", ["NONE", "_00", "%F0%9F%AB%96"])
def test_of_an_unknown_sku_there_is_none(viewer, sku):
    assert viewer.get(f"/admin/inventory/stockitem/{sku}/ledger_of_this/").status_code == 404


def test_takes_the_permission(staff):
    StockItemFactory(sku="PIN")

    assert staff("inventory.view_stockitem").get(URL).status_code == 403
