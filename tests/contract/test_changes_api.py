"""GET /orders/changes, for whoever keeps up with orders by asking from time to time.

alpacahq/user-docs#16, woocommerce/woocommerce-rest-api#217, tikivn/open-api-docs#196: by the time of placing nobody
finds what has changed since.
"""

import pytest

from orders import changes, statements
from tests.contract.test_order_life_api import place, post
from tests.factories import ProductFactory

pytestmark = pytest.mark.usefixtures("intake_in_transaction")


@pytest.fixture(autouse=True)
def _catalogue(db, monkeypatch) -> None:
    ProductFactory(sku="MUG", unit_price="2.50")
    monkeypatch.setattr(statements, "SETTLED_MARGIN", 0)


def begin(client) -> str:
    """The address of what is going to change."""
    page = client.get("/orders/changes").json()
    assert (page["results"], page["next"], page["previous"]) == ([], None, None)
    return page["resume"]


def cancel(client, url: str) -> None:
    assert post(client, f"{url}/cancel", {"reason": "no"}).status_code == 200


def test_each_change_is_told_once(api):
    client = api()
    cancel(client, place(client))
    resume = begin(client)
    assert client.get(resume).json()["results"] == []

    order = client.get(place(client)).json()
    cancel(client, order["url"])

    page = client.get(resume).json()
    (change,) = page["results"]
    assert change | {"at": None} == {
        "order_id": order["id"],
        "url": order["url"],
        "reference": None,
        "customer_id": "C-1",
        "status": "cancelled",
        "at": None,
        "event": "order.cancelled.v1",
        "detail": {"reason": "no", "units": 5},
    }
    assert change["at"] == client.get(f"{order['url']}/timeline").json()[-1]["at"]
    assert client.get(page["resume"]).json()["results"] == []
    assert client.get(resume).json()["results"] == [change], "an address stays good"


def test_changes_come_in_pages_oldest_first(api):
    client = api()
    address = begin(client) + "&page_size=2"
    orders = [place(client) for _ in range(5)]
    for url in orders:
        cancel(client, url)

    pages = [client.get(address).json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())

    assert [len(page["results"]) for page in pages] == [2, 2, 1]
    assert [change["url"] for page in pages for change in page["results"]] == orders
    assert client.get(pages[-1]["resume"]).json()["results"] == []


def test_a_client_sees_the_changes_of_its_own_orders_and_staff_those_of_all(api):
    shop, other, staff = api(name="shop"), api(name="other"), api("orders.view_order", name="ann")
    resume = begin(shop)

    cancel(shop, place(shop))

    assert [len(client.get(resume).json()["results"]) for client in (shop, other, staff)] == [1, 0, 1]


def test_a_client_with_few_orders_gets_through_those_of_others_page_by_page(api, monkeypatch):
    monkeypatch.setattr(changes, "_SPAN", 2)
    shop, other = api(name="shop"), api(name="other")
    address = begin(shop)
    for client in (other, other, other, shop):
        cancel(client, place(client))

    pages = [shop.get(address).json()]
    while pages[-1]["next"]:
        pages.append(shop.get(pages[-1]["next"]).json())

    assert [len(page["results"]) for page in pages] == [0, 1]


@pytest.mark.parametrize("cursor", ["x", "é", "e30", "eyJhZnRlciI6LTF9", "eyJhZnRlciI6MWU5OX0", "bnVsbA", "W10"])
def test_a_cursor_of_another_list_is_400(api, cursor):
    response = api().get(f"/orders/changes?cursor={cursor}")

    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("query", ["status=placed", "page_size=0", "page_size=201", "cursor=", "since=2026-01-01"])
def test_other_parameters_are_400(api, query):
    assert api().get(f"/orders/changes?{query}").status_code == 400


def test_who_has_read_what_a_restored_database_has_lost_is_told_to_begin_anew(api):
    response = api().get("/orders/changes?cursor=eyJhZnRlciI6OTAwMDAwMDAwMDAwMDAwfQ")

    assert response.status_code == 400
    assert response.json()["type"] == "urn:orderflow:problem:position-unknown"


def test_it_takes_a_log_in(client):
    assert client.get("/orders/changes").status_code == 401
