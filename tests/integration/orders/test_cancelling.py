"""Orders are cancelled: what is open of them is not any more, whoever asks for however many."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import OutboxMessage
from orders.causes import by_command, by_user
from orders.exceptions import OrderNotCancellable, UnknownOrder
from orders.history import timeline_of
from orders.intake.drafts import LineRequest
from orders.lifecycle import selection
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, OrderLine
from orders.transitions import Status

pytestmark = pytest.mark.django_db
ANN = by_user("ann")


def cancel(*order_ids, reason="Changed my mind"):
    return cancel_orders(order_ids=order_ids, reason=reason, cause=ANN)


def announced(event_type="order.cancelled.v1"):
    return [json.loads(row.body) for row in OutboxMessage.objects.filter(type=event_type).order_by("pk")]


@pytest.mark.parametrize("status", [Status.PLACED, Status.BACKORDERED, Status.CONFIRMED])
def test_an_order_of_which_nothing_was_sent_is_cancelled(stored, status):
    order = stored(status)

    outcome = cancel(order.pk)

    assert (outcome.done, outcome.refused) == ([order.pk], {})
    order.refresh_from_db()
    assert (order.status, order.cancelled_from, order.cancellation_reason) == ("cancelled", status, "Changed my mind")
    assert timezone.now() - timedelta(minutes=1) < order.cancelled_at < timezone.now() + timedelta(minutes=1)
    assert quantities(order) == [(2, 0, 2), (3, 0, 3)]


def test_what_is_announced_is_what_was_open(stored):
    order = stored(Status.CONFIRMED)

    cancel(order.pk)

    assert announced() == [
        {
            "order_id": str(order.pk),
            "reference": "PO-1",
            "customer_id": "C-1",
            "client_id": order.client_id,
            "reason": "Changed my mind",
            "lines": [{"line_no": 1, "sku": "MUG", "quantity": 2}, {"line_no": 2, "sku": "MUG", "quantity": 3}],
        }
    ]


def test_the_timeline_says_why_and_who(stored):
    order = stored(Status.CONFIRMED)

    cancel(order.pk)

    last = timeline_of(order)[-1]
    assert (last.event, last.detail) == ("order.cancelled.v1", {"reason": "Changed my mind", "units": 5})
    assert (last.cause.kind, last.cause.id) == ("user", "ann")


def test_who_cancels_the_rest_of_a_partly_fulfilled_order_closes_it_as_fulfilled(stored):
    order = stored(Status.CONFIRMED)
    fulfil_order(order_id=order.pk, lines=[WantedLine(1, 2), WantedLine(2, 1)], cause=ANN)

    cancel(order.pk)

    order.refresh_from_db()
    assert (order.status, order.cancelled_from) == ("fulfilled", "partly_fulfilled")
    assert quantities(order) == [(2, 2, 0), (3, 1, 2)]
    assert announced()[0]["lines"] == [{"line_no": 2, "sku": "MUG", "quantity": 2}]


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.REJECTED, Status.CANCELLED])
def test_an_order_at_its_end_is_not_cancelled(stored, status):
    order = stored(status)
    before = row(order)

    (error,) = cancel(order.pk).refused.values()

    assert isinstance(error, OrderNotCancellable)
    assert str(error) == f"The order is {status}: it can't be cancelled."
    assert row(order) == before


def test_an_order_that_there_is_not_is_refused_by_itself(stored):
    order = stored(Status.PLACED)
    nobody = stored(Status.PLACED)
    Order.objects.filter(pk=nobody.pk).delete()

    outcome = cancel(nobody.pk, order.pk)

    assert outcome.done == [order.pk]
    assert isinstance(outcome.refused[nobody.pk], UnknownOrder)


def test_of_a_selection_each_is_cancelled_or_refused_by_itself_in_batches(stored, monkeypatch):
    monkeypatch.setattr(selection, "ORDERS_AT_ONCE", 2)
    orders = [stored(status) for status in (*3 * [Status.PLACED], Status.FULFILLED, Status.CONFIRMED)]

    outcome = cancel(*(order.pk for order in orders), orders[0].pk)

    assert sorted(outcome.done) == sorted(order.pk for order in orders if order is not orders[3])
    assert list(outcome.refused) == [orders[3].pk]
    assert len(announced()) == 4


def test_a_selection_takes_as_many_queries_as_one_order(stored, django_assert_num_queries):
    orders = [stored(Status.CONFIRMED) for _ in range(10)]
    with django_assert_num_queries(8):  # savepoint, lock, cancel, orders, lines, events, timeline, release
        cancel(*(order.pk for order in orders))


def test_a_command_may_be_the_cause(stored):
    order = stored(Status.PLACED)

    cancel_orders(order_ids=[order.pk], reason="Expired", cause=by_command("expire_backorders"))

    assert timeline_of(order)[-1].cause.kind == "command"


def test_an_order_of_one_line_more_than_once_in_a_selection_is_cancelled_once(stored, draft):
    order = stored(Status.PLACED, lines=[LineRequest("MUG", 1)])

    cancel(order.pk, order.pk)

    assert len(announced()) == 1


def quantities(order):
    lines = OrderLine.objects.filter(order=order)
    return list(lines.values_list("quantity", "fulfilled_quantity", "cancelled_quantity"))


def row(order):
    return Order.objects.filter(pk=order.pk).values().get()
