"""Two who want different things of one order at the same time: one wins, and the other hears what the order is now."""

import pytest

from common.errors import OrderflowError
from messaging.models import OutboxMessage
from orders.causes import by_user
from orders.events import InvoiceIssued, Shortage, StockBackordered, StockRejected, StockReserved
from orders.handlers import backorder_orders, confirm_orders, record_invoices, reject_orders
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order, fulfil_orders
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, OrderLine, Shipment, TimelineEntry
from orders.transitions import Status
from tests.concurrency import at_once, one_after_the_other

pytestmark = pytest.mark.django_db(transaction=True)
ANN = by_user("ann")


class Tries:
    """Concurrent steps of one order, whose errors are collected."""

    def __init__(self, order: Order) -> None:
        self.id = order.pk
        self.refusals: list[str] = []

    def lock(self) -> None:
        Order.objects.select_for_update().get(pk=self.id)

    def cancel(self) -> None:
        self._note(cancel_orders(order_ids=[self.id], reason="no", cause=ANN).refused.values())

    def fulfil(self, *lines: tuple[int, int]) -> None:
        try:
            fulfil_order(order_id=self.id, lines=[WantedLine(*line) for line in lines] or None, cause=ANN)
        except OrderflowError as error:
            self._note([error])

    def confirm(self) -> None:
        confirm_orders([StockReserved(order_id=self.id)])

    def backorder(self) -> None:
        shortages = [Shortage(sku="MUG", asked=5, available=0)]
        backorder_orders([StockBackordered(order_id=self.id, shortages=shortages)])

    def reject(self) -> None:
        reject_orders([StockRejected(order_id=self.id, reason="insufficient_stock", shortages=[])])

    def show_invoice(self) -> None:
        record_invoices([InvoiceIssued(order_id=self.id, number="INV-1")])

    def _note(self, errors) -> None:
        self.refusals += [str(error) for error in errors]

    @property
    def order(self) -> Order:
        return Order.objects.get(pk=self.id)

    @property
    def announced(self) -> list[str]:
        rows = OutboxMessage.objects.filter(key=str(self.id)).order_by("pk")
        return [row.type for row in rows][1:]  # without that it was placed


def test_cancelled_then_confirmed_stays_cancelled(stored):
    tries = Tries(stored(Status.PLACED))

    one_after_the_other(tries.cancel, tries.confirm)

    assert (tries.order.status, tries.announced) == ("cancelled", ["order.cancelled.v1"])


def test_confirmed_then_cancelled_is_both_one_after_the_other(stored):
    tries = Tries(stored(Status.PLACED))

    one_after_the_other(tries.confirm, tries.cancel)

    assert (tries.order.status, tries.order.cancelled_from) == ("cancelled", "confirmed")
    assert tries.announced == ["order.confirmed.v1", "order.cancelled.v1"]


def test_rejected_then_cancelled_stays_rejected(stored):
    tries = Tries(stored(Status.PLACED))

    one_after_the_other(tries.reject, tries.cancel)

    assert tries.refusals == ["The order is rejected: it can't be cancelled."]
    assert (tries.order.status, tries.announced) == ("rejected", ["order.rejected.v1"])


def test_cancelled_then_fulfilled_stays_cancelled(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(tries.cancel, tries.fulfil)

    assert tries.refusals == ["The order is cancelled: it can't be fulfilled."]
    assert (tries.order.status, tries.announced) == ("cancelled", ["order.cancelled.v1"])


def test_fulfilled_then_cancelled_stays_fulfilled(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(tries.fulfil, tries.cancel)

    assert tries.refusals == ["The order is fulfilled: it can't be cancelled."]
    assert (tries.order.status, tries.announced) == ("fulfilled", ["order.fulfilled.v1"])


def test_of_two_who_send_a_whole_order_one_does(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(tries.fulfil, tries.fulfil)

    assert tries.refusals == ["The order is fulfilled: it can't be fulfilled."]
    assert Shipment.objects.count() == 1


def test_of_two_that_send_the_same_part_the_second_hears_what_is_open(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(lambda: tries.fulfil((2, 2)), lambda: tries.fulfil((2, 2)))

    assert tries.refusals == ["More would be sent than is open: see errors."]
    assert list(OrderLine.objects.values_list("fulfilled_quantity", flat=True)) == [0, 2]


def test_two_that_send_different_parts_both_do(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(lambda: tries.fulfil((1, 2)), lambda: tries.fulfil((2, 3)))

    assert (tries.refusals, tries.order.status) == ([], "fulfilled")
    assert tries.announced == ["order.partly_fulfilled.v1", "order.fulfilled.v1"]


def test_who_rolls_back_leaves_the_order_to_the_other(stored):
    tries = Tries(stored(Status.CONFIRMED))

    one_after_the_other(tries.fulfil, tries.cancel, first_rolls_back=True)

    assert (tries.order.status, tries.announced) == ("cancelled", ["order.cancelled.v1"])


@pytest.mark.parametrize("first", ["cancel", "show_invoice"])
def test_an_invoice_is_shown_on_an_order_that_is_cancelled_at_that_moment(stored, first):
    """Its credit note tells what it came to."""
    tries = Tries(stored(Status.CONFIRMED))
    second = {"cancel": "show_invoice", "show_invoice": "cancel"}[first]

    one_after_the_other(getattr(tries, first), getattr(tries, second))

    assert (tries.order.status, tries.order.invoice_number) == ("cancelled", "INV-1")


@pytest.mark.parametrize(
    ("status", "first", "second"),
    [
        (Status.CONFIRMED, "fulfil", "show_invoice"),
        (Status.CONFIRMED, "cancel", "show_invoice"),
        (Status.PLACED, "backorder", "confirm"),
    ],
)
def test_times_follow_the_steps_also_of_who_had_to_wait(stored, status, first, second):
    """A statement that waits for a lock begins before what it waits for."""
    tries = Tries(stored(status))

    one_after_the_other(tries.lock, getattr(tries, second), then=getattr(tries, first))

    times = list(TimelineEntry.objects.filter(order=tries.id).order_by("id").values_list("at", flat=True))
    assert len(times) > 1
    assert times == sorted(times)


def test_selections_in_opposite_order_do_not_deadlock_and_each_order_has_one_winner(stored):
    ids = [stored(Status.CONFIRMED).pk for _ in range(8)]
    done: list[int] = []

    def cancel() -> None:
        done.append(len(cancel_orders(order_ids=ids, reason="no", cause=ANN).done))

    def fulfil() -> None:
        done.append(len(fulfil_orders(order_ids=ids[::-1], cause=ANN).done))

    at_once([cancel, fulfil, cancel, fulfil])

    assert sum(done) == len(ids)
    assert Shipment.objects.count() == Order.objects.filter(status="fulfilled").count()
    assert OutboxMessage.objects.exclude(type="order.placed.v1").count() == len(ids)
