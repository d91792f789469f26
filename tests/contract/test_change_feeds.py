"""GET /product-changes and /stock-changes, for whoever keeps prices and stock in step by asking from time to time."""

import pytest

from api.pagination import encode_cursor
from common.changed_rows import RowPosition
from inventory.models import Kind
from tests.contract.test_order_life_api import post
from tests.factories import ProductFactory, StockItemFactory
from tests.stock import book_movement

pytestmark = pytest.mark.django_db(transaction=True)
FEEDS = ("/product-changes", "/stock-changes")
AHEAD = {
    "/stock-changes": {"changed_in": 10**15},
    "/product-changes": {"row": {"changed_in": 10**15}, "time": "2026-01-01T00:00:00Z"},
}


def begin(client, address: str) -> str:
    """The address of what is going to change."""
    page = client.get(address).json()
    assert (page["results"], page["next"], page["previous"]) == ([], None, None)
    return page["resume"]


def test_a_product_that_changes_is_told_as_it_is_then(api):
    ProductFactory(sku="MUG", unit_price="2.50")
    ProductFactory(sku="CUP")
    client, shop = api(name="reader"), api("orders.change_product", name="ann")
    resume = begin(client, "/product-changes")
    assert client.get(resume).json()["results"] == []

    assert post(shop, "/products/MUG/prices", {"unit_price": "3.10"}).status_code == 201

    page = client.get(resume).json()
    assert page["results"] == [client.get("/products/MUG").json()]
    assert page["results"][0]["unit_price"] == "3.10"
    assert client.get(resume).json()["results"] == page["results"], "an address stays good"


def test_stock_that_changes_is_told_as_it_is_then(api):
    StockItemFactory(sku="MUG", on_hand=5)
    StockItemFactory(sku="CUP")
    client, staff = api(name="reader"), api("inventory.view_stockmovement", name="ann")
    resume = begin(client, "/stock-changes")

    book_movement(sku="MUG", kind=Kind.RECEIPT, quantity=2)

    page = client.get(resume).json()
    assert page["results"] == [client.get("/stock/MUG").json()]
    assert client.get(page["resume"]).json()["results"] == []
    assert staff.get(resume).json()["results"] == [staff.get("/stock/MUG").json()]


def test_changes_come_in_pages(api):
    client = api()
    address = begin(client, "/stock-changes") + "&page_size=2"
    for sku in ("A", "B", "C", "D", "E"):
        book_movement(sku=sku, kind=Kind.RECEIPT, quantity=2)

    pages = [client.get(address).json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())

    assert [[item["sku"] for item in page["results"]] for page in pages] == [["A", "B"], ["C", "D"], ["E"]]


@pytest.mark.parametrize("address", FEEDS)
@pytest.mark.parametrize("cursor", ["x", "é", "e30", "eyJhZnRlciI6LTF9", "bnVsbA", "W10"])
def test_a_cursor_of_another_list_is_400(api, address, cursor):
    response = api().get(f"{address}?cursor={cursor}")

    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("key", ["\x00", "A\x00B"])
def test_a_cursor_with_what_postgresql_has_not_is_400(api, key):
    assert api().get(f"/stock-changes?cursor={encode_cursor(RowPosition(1, key))}").status_code == 400


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2016-12-31T23:59:60Z"])
def test_a_cursor_with_an_odd_time_is_no_error_of_ours(api, time):
    cursor = encode_cursor({"row": {"changed_in": 1}, "time": time})

    assert api().get(f"/product-changes?cursor={cursor}").status_code in (200, 400)


@pytest.mark.parametrize("address", FEEDS)
@pytest.mark.parametrize("query", ["sku=MUG", "page_size=0", "page_size=201", "cursor=", "since=2026-01-01"])
def test_other_parameters_are_400(api, address, query):
    assert api().get(f"{address}?{query}").status_code == 400


@pytest.mark.parametrize("address", FEEDS)
def test_who_has_read_what_a_restored_database_has_lost_is_told_to_begin_anew(api, address):
    response = api().get(f"{address}?cursor={encode_cursor(AHEAD[address])}")

    assert response.status_code == 400
    assert response.json()["type"] == "urn:orderflow:problem:position-unknown"


@pytest.mark.parametrize("address", FEEDS)
def test_it_takes_a_log_in(client, address):
    assert client.get(address).status_code == 401
