"""Every placed order is answered once: all of it is reserved, or nothing and it is said what was short."""

import pytest
from django.db.models import Sum

from inventory.consumers import CONSUMER
from inventory.events import INSUFFICIENT_STOCK, OrderedLine, Shortage, StockLow, StockRejected, StockReserved
from inventory.models import Reservation, ReservationDecision, StockItem, StockMovement
from inventory.reservations import reserve_stock_for_orders
from messaging.consuming.batches import BatchHandler
from messaging.models import DeadLetter
from messaging.transport.base import Record
from tests.factories import StockItemFactory
from tests.toy_events import as_message

pytestmark = pytest.mark.django_db


def levels(*skus: str) -> dict[str, tuple[int, int]]:
    """The units on hand and reserved."""
    return {item.sku: (item.on_hand, item.reserved) for item in StockItem.objects.filter(sku__in=skus)}


def deliver(*events, headers=None) -> None:
    """Handle events like the consumer, each with an event id of its own."""
    messages = [as_message(event) for event in events]
    BatchHandler(CONSUMER).handle(
        [Record(m.topic, 0, offset, m.key, m.value, m.headers) for offset, m in enumerate(messages)]
    )


def test_an_order_that_can_be_served_is_reserved_as_a_whole(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    StockItemFactory(sku="B", on_hand=5)
    order = placed(("A", 2), ("B", 5))

    reserve_stock_for_orders([order])

    assert levels("A", "B") == {"A": (5, 2), "B": (5, 5)}
    answer = ReservationDecision.objects.get(pk=order.order_id)
    assert (answer.outcome, answer.shortages) == ("reserved", [])
    assert list(answer.reservations.values_list("sku", "quantity")) == [("A", 2), ("B", 5)]
    assert recorded(StockReserved) == [StockReserved(order_id=order.order_id, lines=order.lines)]


def test_an_order_short_in_one_sku_reserves_nothing_and_names_what_was_short(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    StockItemFactory(sku="B", on_hand=5, reserved=4)
    order = placed(("A", 2), ("B", 2), ("NONE", 1))
    shortages = [Shortage(sku="B", asked=2, available=1), Shortage(sku="NONE", asked=1, available=0)]

    reserve_stock_for_orders([order])

    assert levels("A", "B") == {"A": (5, 0), "B": (5, 4)}
    assert not Reservation.objects.exists()
    assert not StockMovement.objects.exists()
    answer = ReservationDecision.objects.get(pk=order.order_id)
    assert answer.outcome == "rejected"
    assert answer.shortages == [
        {"sku": "B", "asked": 2, "available": 1},
        {"sku": "NONE", "asked": 1, "available": 0},
    ]
    assert recorded(StockRejected) == [
        StockRejected(order_id=order.order_id, reason=INSUFFICIENT_STOCK, shortages=shortages)
    ]
    assert not recorded(StockReserved)


def test_an_order_of_unknown_skus_only_is_rejected(placed, recorded):
    reserve_stock_for_orders([placed(("NONE", 1))])

    assert [event.shortages for event in recorded(StockRejected)] == [[Shortage(sku="NONE", asked=1, available=0)]]


def test_the_same_sku_on_two_lines_is_one_reservation(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    order = placed(("A", 2), ("A", 3))

    reserve_stock_for_orders([order])

    assert levels("A") == {"A": (5, 5)}
    assert list(Reservation.objects.values_list("sku", "quantity")) == [("A", 5)]
    assert recorded(StockReserved)[0].lines == [OrderedLine(sku="A", quantity=5)]


def test_the_same_sku_on_two_lines_is_refused_if_the_sum_is_too_much(placed, recorded):
    StockItemFactory(sku="A", on_hand=4)

    reserve_stock_for_orders([placed(("A", 2), ("A", 3))])

    assert recorded(StockRejected)[0].shortages == [Shortage(sku="A", asked=5, available=4)]


def test_in_a_batch_the_first_come_are_the_first_served(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    first, too_much, last = placed(("A", 3)), placed(("A", 3)), placed(("A", 2))

    reserve_stock_for_orders([first, too_much, last])

    assert [event.order_id for event in recorded(StockReserved)] == [first.order_id, last.order_id]
    assert [event.order_id for event in recorded(StockRejected)] == [too_much.order_id]
    assert levels("A") == {"A": (5, 5)}


def test_an_event_delivered_twice_reserves_once(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    message = as_message(placed(("A", 2)))
    records = [Record("orders", 0, offset, message.key, message.value, message.headers) for offset in range(3)]

    BatchHandler(CONSUMER).handle(records[:2])
    BatchHandler(CONSUMER).handle(records[2:])

    assert levels("A") == {"A": (5, 2)}
    assert len(recorded(StockReserved)) == 1


def test_an_order_placed_again_under_another_event_id_is_not_answered_again(placed, recorded):
    StockItemFactory(sku="A", on_hand=5)
    order = placed(("A", 2))

    deliver(order, order)
    deliver(order)

    assert levels("A") == {"A": (5, 2)}
    assert len(recorded(StockReserved)) == 1


def test_a_rejected_order_stays_rejected_when_it_is_delivered_again_and_stock_has_come(placed, recorded):
    order = placed(("A", 2))
    deliver(order)
    StockItemFactory(sku="A", on_hand=5)

    deliver(order)

    assert levels("A") == {"A": (5, 0)}
    assert len(recorded(StockRejected)) == 1
    assert not recorded(StockReserved)


def test_every_order_has_one_answer_whatever_else_is_in_its_batch(placed, recorded):
    StockItemFactory(sku="A", on_hand=50)
    orders = [placed(("A", 3), ("B", 1)) if number % 3 else placed(("A", 3)) for number in range(30)]

    deliver(*orders)

    answered = [event.order_id for kind in (StockReserved, StockRejected) for event in recorded(kind)]
    assert sorted(answered) == sorted(order.order_id for order in orders)


def test_the_ledger_sums_up_to_the_levels(placed):
    for sku in "ABC":
        StockItemFactory(sku=sku, on_hand=40)

    for size in range(1, 6):
        deliver(*(placed(("A", size), ("B", 1), ("C", 9)) for _ in range(4)))

    summed = StockMovement.objects.values_list("sku").annotate(Sum("reserved_change"))
    assert dict(summed) == {sku: reserved for sku, (_, reserved) in levels("A", "B", "C").items()}
    held = Reservation.objects.values_list("sku").annotate(Sum("quantity"))
    assert dict(held) == dict(summed)


def test_a_batch_costs_the_same_few_statements_whatever_its_size(placed, django_assert_num_queries):
    StockItemFactory(sku="A", on_hand=1000)
    for size in (1, 50):
        with django_assert_num_queries(4):  # claim, lock, hold, record
            reserve_stock_for_orders([placed(("A", 1)) for _ in range(size)])


class TestRunningLow:
    def test_the_order_that_crosses_the_threshold_announces_it_and_no_later_one(self, placed, recorded):
        StockItemFactory(sku="A", on_hand=10, reorder_point=5)
        orders = [placed(("A", 3)), placed(("A", 3)), placed(("A", 1))]

        reserve_stock_for_orders(orders)
        reserve_stock_for_orders([placed(("A", 1))])

        assert recorded(StockLow) == [
            StockLow(order_id=orders[1].order_id, sku="A", on_hand=10, reserved=6, reorder_point=5)
        ]

    def test_without_a_threshold_it_is_announced_that_nothing_is_left(self, placed, recorded):
        StockItemFactory(sku="A", on_hand=2)
        order = placed(("A", 2))

        reserve_stock_for_orders([order])

        assert [event.order_id for event in recorded(StockLow)] == [order.order_id]

    def test_a_rejected_order_announces_nothing(self, placed, recorded):
        StockItemFactory(sku="A", on_hand=2)

        reserve_stock_for_orders([placed(("A", 3))])

        assert not recorded(StockLow)


@pytest.mark.parametrize("quantity", [0, -1])
def test_an_event_that_takes_no_units_is_a_dead_letter(placed, quantity):
    StockItemFactory(sku="A", on_hand=2)

    deliver(placed(("A", quantity)))

    assert DeadLetter.objects.count() == 1
    assert levels("A") == {"A": (2, 0)}
