"""Cancelling and fulfilling orders over HTTP."""

import json

import pytest

from messaging.models import OutboxMessage
from orders.models import Order, OrderLine, Shipment
from tests.factories import ProductFactory

pytestmark = pytest.mark.usefixtures("intake_in_transaction")


@pytest.fixture(autouse=True)
def _catalogue(db) -> None:
    ProductFactory(sku="MUG", unit_price="2.50")


def post(client, url: str, body: object, **headers: str):
    return client.post(url, body, content_type="application/json", headers=headers)


def place(client, status: str = "confirmed") -> str:
    """Place an order of 2 and 3 mugs and set its status; returns its address."""
    lines = [{"sku": "MUG", "quantity": 2}, {"sku": "MUG", "quantity": 3}]
    placed = post(client, "/orders", {"customer_id": "C-1", "lines": lines}).json()
    Order.objects.filter(pk=placed["id"]).update(status=status)
    return placed["url"]


def place_in_state(client, status: str) -> str:
    """As `place`, with the other fields of such an order."""
    url = place(client)
    if status == "cancelled":
        post(client, f"{url}/cancel", {"reason": "no"})
    else:
        rejection = {"reason": "insufficient_stock", "shortages": []} if status == "rejected" else None
        Order.objects.update(status=status, rejection=rejection)
    return url


def errors(response, status: int = 422) -> dict[str, str]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return {error["pointer"]: error["detail"] for error in response.json()["errors"]}


@pytest.fixture
def warehouse(api):
    return api("orders.view_order", "orders.fulfil_order", name="warehouse")


# --- an order as it is shown ------------------------------------------------------------------------------------------


def test_an_order_that_was_just_placed_has_nothing_sent_cancelled_or_credited(api):
    body = post(api(), "/orders", {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 2}]}).json()

    assert (body["cancellation"], body["credit_notes"]) == (None, [])
    assert [(line["fulfilled_quantity"], line["cancelled_quantity"]) for line in body["lines"]] == [(0, 0)]


@pytest.mark.parametrize("status", ["backordered", "partly_fulfilled", "fulfilled", "cancelled"])
def test_orders_are_listed_by_their_states(api, status):
    client = api()
    place(client)

    assert client.get(f"/orders?status={status}").json()["results"] == []


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_a_client_cancels_its_order(api):
    client = api()
    url = place(client)

    response = post(client, f"{url}/cancel", {"reason": " Changed my mind "})

    assert response.status_code == 200
    body = response.json()
    assert body == client.get(url).json()
    assert (body["status"], body["cancellation"]["reason"]) == ("cancelled", "Changed my mind")
    assert [line["cancelled_quantity"] for line in body["lines"]] == [2, 3]


def test_the_timeline_says_by_whom_each_step_came_about(api):
    client = api(name="shop")
    url = place(client)
    post(client, f"{url}/cancel", {"reason": "no"})

    placed, cancelled = client.get(f"{url}/timeline").json()

    assert placed["cause"] == cancelled["cause"] == {"kind": "user", "id": "shop"}
    assert (cancelled["event"], cancelled["detail"]) == ("order.cancelled.v1", {"reason": "no", "units": 5})


def test_a_client_is_not_told_who_of_the_staff_took_a_step(api):
    """As of stock movements and prices: a user name is half of a log-in, and a person's."""
    client, staff = api(name="shop"), api("orders.view_order", "orders.cancel_order", name="ann")
    url = place(client)
    post(staff, f"{url}/cancel", {"reason": "no"})

    def causes(reader):
        return [step["cause"] for step in reader.get(f"{url}/timeline").json()]

    assert causes(client) == [{"kind": "user", "id": "shop"}, {"kind": "user", "id": None}]
    assert causes(staff) == [{"kind": "user", "id": "shop"}, {"kind": "user", "id": "ann"}]


@pytest.mark.parametrize("status", ["fulfilled", "rejected", "cancelled"])
def test_an_order_at_its_end_is_a_conflict_that_says_what_it_is(api, status):
    client = api()
    url = place_in_state(client, status)

    response = post(client, f"{url}/cancel", {"reason": "no"})

    assert errors(response, 409) == {}
    problem = response.json()
    assert problem["type"] == "urn:orderflow:problem:order-not-cancellable"
    assert problem["detail"] == f"The order is {status}: it can't be cancelled."


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": ""}, "/reason"),
        ({"reason": "  "}, "/reason"),
        ({"reason": None}, "/reason"),
        ({"reason": 1}, "/reason"),
        ({"reason": "a\x00b"}, "/reason"),
        ({"reason": "a" * 201}, "/reason"),
        ({"reason": "ok", "lines": []}, "/lines"),
    ],
)
def test_a_reason_has_to_be_given(api, body, pointer):
    client = api()
    url = place(client)

    assert list(errors(post(client, f"{url}/cancel", body))) == [pointer]
    assert client.get(url).json()["status"] == "confirmed"


def test_an_order_of_another_client_is_not_there(api):
    url = place(api(name="a"))
    stranger = api("orders.fulfil_order", name="b")

    for step, body in (("cancel", {"reason": "no"}), ("fulfil", {})):
        assert post(stranger, f"{url}/{step}", body).status_code == 404
    assert stranger.get(f"{url}/shipments").status_code == 404
    assert Order.objects.get().status == "confirmed"


@pytest.mark.parametrize("step", ["cancel", "fulfil"])
def test_who_may_do_something_with_orders_and_see_none_of_others_is_told_what_that_takes(api, step):
    """Shopify/shopify-api-ruby#855, MONEI/Shopify-api-node#638: a client that lacks a scope is told of no order."""
    url, body = place(api()), {"reason": "no"} if step == "cancel" else {}

    answer = post(api(f"orders.{step}_order", name="without"), f"{url}/{step}", body)
    seeing = post(api(f"orders.{step}_order", "orders.view_order", name="with"), f"{url}/{step}", body)

    assert (answer.status_code, seeing.status_code) == (404, 200)
    assert answer.json()["detail"].endswith("of yours: others take the permission orders.view_order.")


def test_who_sees_all_orders_takes_a_permission_to_cancel_them(api):
    url = place(api(name="a"))

    refused = post(api("orders.view_order", name="b"), f"{url}/cancel", {"reason": "no"})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This takes the permission orders.cancel_order."
    staff = api("orders.view_order", "orders.cancel_order", name="c")
    assert post(staff, f"{url}/cancel", {"reason": "no"}).status_code == 200


# --- fulfilling -------------------------------------------------------------------------------------------------------


def test_without_lines_the_answer_is_the_order_with_all_of_it_sent(api, warehouse):
    url = place(api())

    response = post(warehouse, f"{url}/fulfil", {})

    assert response.status_code == 200
    body = response.json()
    shipment = Shipment.objects.get()
    assert body["status"] == "fulfilled"
    assert [line["fulfilled_quantity"] for line in body["lines"]] == [2, 3]
    assert body["shipments"] == warehouse.get(f"{url}/shipments").json()
    (sent,) = body["shipments"]
    assert (sent["number"], sent["tracking"]) == (f"S-{shipment.pk:06}", None)
    assert sent["lines"] == [
        {"line_no": 1, "sku": "MUG", "quantity": 2},
        {"line_no": 2, "sku": "MUG", "quantity": 3},
    ]
    assert {key: value for key, value in body.items() if key != "shipments"} == warehouse.get(url).json()


def test_parts_are_sent_until_nothing_is_left(api, warehouse):
    client = api()
    url = place(client)

    first = post(warehouse, f"{url}/fulfil", {"lines": [{"line_no": 2, "quantity": 1}], "tracking": "1Z9"}).json()
    second = post(warehouse, f"{url}/fulfil", {"lines": [{"line_no": 1, "quantity": 2}]}).json()
    rest = post(client, f"{url}/cancel", {"reason": "Out of print"}).json()

    assert (first["status"], second["status"], rest["status"]) == ("partly_fulfilled", "partly_fulfilled", "fulfilled")
    assert [each["tracking"] for each in client.get(f"{url}/shipments").json()] == ["1Z9", None]
    assert [(line["fulfilled_quantity"], line["cancelled_quantity"]) for line in rest["lines"]] == [(2, 0), (1, 2)]
    assert rest["cancellation"]["reason"] == "Out of print"


def test_fulfilling_takes_a_permission(api):
    client = api()
    url = place(client)

    response = post(client, f"{url}/fulfil", {})

    assert response.status_code == 403
    assert response.json()["detail"] == "This takes the permission orders.fulfil_order."


@pytest.mark.parametrize("status", ["placed", "backordered", "rejected", "cancelled", "fulfilled"])
def test_an_order_that_can_not_be_sent_is_a_conflict_that_says_what_it_is(api, warehouse, status):
    client = api()
    url = place_in_state(client, status)

    response = post(warehouse, f"{url}/fulfil", {"lines": [{"line_no": 1, "quantity": 1}]})

    assert errors(response, 409) == {}
    assert response.json()["detail"] == f"The order is {status}: it can't be fulfilled."


def test_more_than_is_open_is_a_conflict_and_more_than_was_ordered_is_not_valid(api, warehouse):
    url = place(api())
    post(warehouse, f"{url}/fulfil", {"lines": [{"line_no": 2, "quantity": 2}]})

    open_ = post(warehouse, f"{url}/fulfil", {"lines": [{"line_no": 2, "quantity": 2}]})
    ordered = post(
        warehouse, f"{url}/fulfil", {"lines": [{"line_no": 2, "quantity": 4}, {"line_no": 9, "quantity": 1}]}
    )

    assert errors(open_, 409) == {"/lines/0/quantity": "only 1 are open of line 2"}
    assert errors(ordered) == {
        "/lines/0/quantity": "only 3 were ordered of line 2",
        "/lines/1/line_no": "the order has no line 9",
    }
    assert list(OrderLine.objects.values_list("fulfilled_quantity", flat=True)) == [0, 2]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"lines": []}, ["/lines"]),
        ({"lines": [{}]}, ["/lines/0/line_no", "/lines/0/quantity"]),
        ({"lines": [{"line_no": 0, "quantity": 0}]}, ["/lines/0/line_no", "/lines/0/quantity"]),
        ({"lines": [{"line_no": 1, "quantity": -1}]}, ["/lines/0/quantity"]),
        ({"lines": [{"line_no": 1.5, "quantity": "2"}]}, ["/lines/0/line_no", "/lines/0/quantity"]),
        ({"lines": [{"line_no": 10**30, "quantity": 10**30}]}, ["/lines/0/line_no", "/lines/0/quantity"]),
        ({"lines": [1], "tracking": ""}, ["/lines/0", "/tracking"]),
        ({"tracking": "\u202e1Z9", "carrier": "x"}, ["/carrier", "/tracking"]),
    ],
)
def test_all_that_is_wrong_with_a_shipment_is_named(api, warehouse, body, pointers):
    url = place(api())

    assert list(errors(post(warehouse, f"{url}/fulfil", body))) == pointers
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("step", ["cancel", "fulfil"])
@pytest.mark.parametrize("order_id", ["01890000-0000-7000-8000-000000000000", "1234567890123456789012345678901-"])
def test_an_order_that_there_is_not_is_404(api, step, order_id):
    client = api("orders.fulfil_order")

    assert post(client, f"/orders/{order_id}/{step}", {"reason": "x"} if step == "cancel" else {}).status_code == 404


# --- asked again ------------------------------------------------------------------------------------------------------


def test_a_key_gets_the_first_answer_byte_for_byte_even_when_the_order_moved_on(api, warehouse):
    client = api()
    url = place(client)
    part = {"lines": [{"line_no": 2, "quantity": 1}]}
    first = post(warehouse, f"{url}/fulfil", part, idempotency_key="k")
    post(client, f"{url}/cancel", {"reason": "no"})

    again = post(warehouse, f"{url}/fulfil", part, idempotency_key="k")

    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert json.loads(again.content)["status"] == "partly_fulfilled"
    assert again.content == first.content
    assert Shipment.objects.count() == 1


def test_cancelling_again_with_the_same_key_is_the_first_answer_and_without_it_a_conflict(api):
    client = api()
    url = place(client)
    first = post(client, f"{url}/cancel", {"reason": "no"}, idempotency_key="k")

    again = post(client, f"{url}/cancel", {"reason": "no"}, idempotency_key="k")

    assert again.content == first.content
    assert post(client, f"{url}/cancel", {"reason": "no"}).status_code == 409
    assert post(client, f"{url}/cancel", {"reason": "other"}, idempotency_key="k").status_code == 422
    assert OutboxMessage.objects.filter(type="order.cancelled.v1").count() == 1


def test_a_refusal_is_no_answer_to_a_key(api, warehouse):
    client = api()
    url = place(client, "placed")
    assert post(warehouse, f"{url}/fulfil", {}, idempotency_key="k").status_code == 409
    Order.objects.update(status="confirmed")

    assert post(warehouse, f"{url}/fulfil", {}, idempotency_key="k").status_code == 200
