"""What a client sees of an order that waits for stock."""

import pytest

from orders.models import Order
from tests.factories import ProductFactory

pytestmark = pytest.mark.usefixtures("intake_in_transaction")


@pytest.fixture
def backorder(db):
    """A function that places an order of units by sku and makes it wait for stock; returns its address."""
    for sku in ("MUG", "TEA"):
        ProductFactory(sku=sku, unit_price="2.50")

    def place(client, **quantities: int) -> str:
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
        body = {"customer_id": "C-1", "lines": lines, "allow_backorder": True}
        placed = client.post("/orders", body, content_type="application/json").json()
        short = [{"sku": sku, "asked": quantity, "available": 0} for sku, quantity in quantities.items()]
        Order.objects.filter(pk=placed["id"]).update(status="backordered", shortages=short)
        return placed["url"]

    return place


def test_an_order_that_does_not_wait_has_no_place(api, backorder):
    client = api()
    Order.objects.filter(pk=backorder(client, MUG=1).rsplit("/", 1)[1]).update(status="confirmed")

    assert client.get("/orders").json()["results"][0]["backorder"] is None


def test_an_order_shows_its_place_and_what_was_short(api, backorder):
    client = api()
    backorder(client, MUG=1)
    backorder(client, TEA=1)
    url = backorder(client, MUG=2, TEA=1)
    behind = backorder(client, MUG=1)

    assert client.get(url).json()["backorder"] == {
        "position": 3,
        "shortages": [
            {"sku": "MUG", "asked": 2, "available": 0},
            {"sku": "TEA", "asked": 1, "available": 0},
        ],
    }
    assert client.get(behind).json()["backorder"]["position"] == 3


def test_a_list_says_that_orders_wait_but_not_their_places(api, backorder):
    client = api()
    backorder(client, MUG=1)

    (order,) = client.get("/orders?status=backordered").json()["results"]
    assert order["backorder"] == {"position": None, "shortages": [{"sku": "MUG", "asked": 1, "available": 0}]}


def test_the_orders_of_others_count_but_are_not_told(api, backorder):
    backorder(api(name="first"), MUG=1)
    second = api(name="second")
    url = backorder(second, MUG=1)

    assert second.get(url).json()["backorder"]["position"] == 2
