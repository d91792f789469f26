"""The goods of orders are sent, in one shipment or in several, and never more than is open."""

import json

import pytest
from django.db import IntegrityError, transaction

from messaging.models import OutboxMessage
from orders.causes import by_user
from orders.exceptions import LinesRefused, OrderNotFulfillable, QuantityNotOpen, TooManyShipments, UnknownOrder
from orders.history import shipments_of, timeline_of
from orders.lifecycle import fulfilling
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order, fulfil_orders
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, OrderLine, Shipment
from orders.transitions import Status

pytestmark = pytest.mark.django_db
ANN = by_user("ann")


@pytest.fixture
def order(stored) -> Order:
    """A confirmed order of 2 and 3 units."""
    return stored(Status.CONFIRMED)


def fulfil(order, *lines, tracking=""):
    wanted = [WantedLine(*line) for line in lines] or None
    fulfil_order(order_id=order.pk, lines=wanted, tracking=tracking, cause=ANN)
    order.refresh_from_db()


def shipped(order):
    return [[(line.line_no, line.quantity) for line in each.lines] for each in shipments_of(order)]


def events():
    rows = OutboxMessage.objects.filter(type__in=["order.fulfilled.v1", "order.partly_fulfilled.v1"]).order_by("pk")
    return [(row.type, json.loads(row.body)) for row in rows]


def test_without_lines_all_that_is_left_is_sent(order):
    fulfil(order, tracking="1Z9")

    assert order.status == "fulfilled"
    assert shipped(order) == [[(1, 2), (2, 3)]]
    assert quantities(order) == [(2, 2, 0), (3, 3, 0)]


def test_a_part_leaves_the_order_partly_fulfilled_until_the_last_is_sent(order):
    fulfil(order, (2, 1))
    assert order.status == "partly_fulfilled"
    fulfil(order, (1, 2), (2, 1))
    assert order.status == "partly_fulfilled"
    fulfil(order)
    assert order.status == "fulfilled"

    assert shipped(order) == [[(2, 1)], [(1, 2), (2, 1)], [(2, 1)]]


def test_all_lines_named_one_by_one_are_the_whole_order(order):
    fulfil(order, (2, 3), (1, 2))

    assert order.status == "fulfilled"


def test_each_shipment_is_announced_with_what_the_order_is_after_it(order):
    fulfil(order, (2, 1), tracking="1Z9")
    fulfil(order)

    (first, said), (second, _) = events()
    assert (first, second) == ("order.partly_fulfilled.v1", "order.fulfilled.v1")
    shipment = Shipment.objects.earliest("pk")
    at = shipment.shipped_at.isoformat().replace("+00:00", "Z")
    assert said == {
        "order_id": str(order.pk),
        "reference": "PO-1",
        "customer_id": "C-1",
        "client_id": order.client_id,
        "shipment": f"S-{shipment.pk:06}",
        "tracking": "1Z9",
        "shipped_at": at,
        "lines": [{"line_no": 2, "sku": "MUG", "quantity": 1}],
    }


def test_the_timeline_tells_each_shipment_and_who_sent_it(order):
    fulfil(order, (2, 1), tracking="1Z9")
    fulfil(order)

    first, second = timeline_of(order)[-2:]
    numbers = [each.number for each in shipments_of(order)]
    assert first.detail == {"shipment": numbers[0], "units": 1, "tracking": "1Z9"}
    assert second.detail == {"shipment": numbers[1], "units": 4}
    assert {first.cause.id, second.cause.id} == {"ann"}


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.CONFIRMED, Status.PARTLY_FULFILLED)])
def test_an_order_that_is_not_confirmed_or_at_its_end_is_not_sent(stored, status):
    order = stored(status)

    with pytest.raises(OrderNotFulfillable, match=f"The order is {status}: it can't be fulfilled."):
        fulfil(order)

    assert not Shipment.objects.filter(order=order, completes_order=False).exists()


def test_an_order_that_there_is_not_is_not_sent(order):
    Order.objects.filter(pk=order.pk).delete()

    with pytest.raises(UnknownOrder):
        fulfil_order(order_id=order.pk, cause=ANN)


def test_more_than_is_open_is_a_conflict_that_names_the_line(order):
    fulfil(order, (2, 2))

    with pytest.raises(QuantityNotOpen) as raised:
        fulfil(order, (1, 1), (2, 2))

    assert [(error.pointer, error.detail) for error in raised.value.errors] == [
        ("/lines/1/quantity", "only 1 are open of line 2")
    ]
    assert shipped(order) == [[(2, 2)]]
    assert quantities(order) == [(2, 0, 0), (3, 2, 0)]


def test_lines_that_can_never_be_sent_are_all_named(order):
    fulfil(order, (1, 1))

    with pytest.raises(LinesRefused) as raised:
        fulfil(order, (3, 1), (2, 4), (1, 2), (1, 1))

    assert [(error.pointer, error.detail) for error in raised.value.errors] == [
        ("/lines/0/line_no", "the order has no line 3"),
        ("/lines/1/quantity", "only 3 were ordered of line 2"),
        ("/lines/2/quantity", "only 1 are open of line 1"),
        ("/lines/3/line_no", "line 1 is named twice"),
    ]


def test_what_was_cancelled_is_not_sent(order):
    fulfil(order, (1, 2))
    cancel_orders(order_ids=[order.pk], reason="no", cause=ANN)

    with pytest.raises(OrderNotFulfillable, match="The order is fulfilled"):
        fulfil(order, (2, 1))


def test_of_a_selection_each_is_sent_or_refused_by_itself(stored):
    orders = [stored(Status.CONFIRMED), stored(Status.PLACED), stored(Status.CONFIRMED)]
    fulfil(orders[2], (1, 1))

    outcome = fulfil_orders(order_ids=[order.pk for order in orders], tracking="T", cause=ANN)

    assert sorted(outcome.done) == sorted([orders[0].pk, orders[2].pk])
    assert [str(error) for error in outcome.refused.values()] == ["The order is placed: it can't be fulfilled."]
    assert [shipped(order)[-1] for order in (orders[0], orders[2])] == [[(1, 2), (2, 3)], [(1, 1), (2, 3)]]


def test_an_order_is_sent_in_so_many_parts_and_then_the_rest_together(order, monkeypatch):
    monkeypatch.setattr(fulfilling, "MAX_SHIPMENT_LINES", 2)
    fulfil(order, (2, 1))
    fulfil(order, (2, 1))

    with pytest.raises(TooManyShipments):
        fulfil(order, (2, 1))
    fulfil(order)

    assert order.status == "fulfilled"


@pytest.mark.parametrize("change", [{"fulfilled_quantity": 3}, {"cancelled_quantity": 3}, {"fulfilled_quantity": -1}])
def test_the_database_takes_no_more_than_was_ordered(order, change):
    with pytest.raises(IntegrityError, match="order_line_open_not_negative"), transaction.atomic():
        OrderLine.objects.filter(order=order, line_no=1).update(**change)


@pytest.mark.parametrize("model", [Shipment, Shipment.lines.rel.related_model])
def test_a_shipment_never_changes(order, model):
    fulfil(order)

    with pytest.raises(IntegrityError, match="shipments never change"), transaction.atomic():
        model.objects.all().delete() if model is not Shipment else Shipment.objects.update(tracking="x")


def quantities(order):
    lines = OrderLine.objects.filter(order=order)
    return list(lines.values_list("quantity", "fulfilled_quantity", "cancelled_quantity"))
