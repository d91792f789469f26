"""Orders that may wait for stock are served first come, first served, each as a whole."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.db.models.functions import Now
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory import backorders
from inventory.allocation import Level, QueuedLine, is_served
from inventory.backorders import expire_backorders, leave_queue, look_after_backorders, serve_backorders
from inventory.departures import release_stock
from inventory.events import (
    OrderCancelled,
    OrderedLine,
    OrderPlaced,
    Shortage,
    StockBackordered,
    StockRejected,
    StockReplenished,
    StockReserved,
)
from inventory.models import BackorderLine, ReservationDecision, StockItem, StockMovement
from inventory.reservations import reserve_stock_for_orders
from inventory.selectors import recorded_backorders, recorded_rejections
from inventory.services import set_on_hand
from messaging.events import new_id
from tests.factories import StockItemFactory
from tests.stock import book_movement

pytestmark = pytest.mark.django_db
RECEIPT, ADJUSTMENT = StockMovement.Kind.RECEIPT, StockMovement.Kind.ADJUSTMENT


@pytest.fixture
def waits(placed):
    """A function that places orders that may wait, one after the other."""

    def make(*orders):
        events = [placed(*lines, allow_backorder=True) for lines in orders]
        reserve_stock_for_orders(events)
        return [event.order_id for event in events]

    return make


@pytest.fixture
def receive(recorded):
    """A function that books a receipt and serves the queue until it announces nothing more."""

    def book(sku: str, quantity: int) -> None:
        seen = len(recorded(StockReplenished))
        book_movement(sku=sku, kind=RECEIPT, quantity=quantity)
        while new := recorded(StockReplenished)[seen:]:
            seen += len(new)
            serve_backorders(new)

    return book


def outcomes(order_ids):
    decisions = ReservationDecision.objects.in_bulk(order_ids)
    return [decisions[order_id].outcome for order_id in order_ids]


def level(sku):
    item = StockItem.objects.get(pk=sku)
    return item.on_hand, item.reserved, item.backordered


def test_a_short_order_that_may_wait_waits_with_all_of_its_lines(waits, recorded):
    StockItemFactory(sku="A", on_hand=5)

    (order_id,) = waits([("A", 2), ("NEW", 3)])

    assert outcomes([order_id]) == ["backordered"]
    assert level("A") == (5, 0, 2)
    assert level("NEW") == (0, 0, 3)
    short = [Shortage(sku="NEW", asked=3, available=0)]
    assert recorded(StockBackordered) == [StockBackordered(order_id=order_id, shortages=short)]
    assert not recorded(StockReserved)
    assert not recorded(StockRejected)


def test_who_waited_longest_is_served_first(waits, receive):
    first, second, third = waits([("A", 3)], [("A", 3)], [("A", 3)])

    receive("A", 6)

    assert outcomes([first, second, third]) == ["reserved", "reserved", "backordered"]
    assert level("A") == (6, 6, 3)


def test_a_big_order_that_waits_is_not_overtaken_by_small_ones(waits, receive, placed):
    """github.com/saleor/saleor#5321 and its kind ask for a queue in which nobody starves."""
    (big,) = waits([("A", 10)])
    receive("A", 6)
    (small,) = waits([("A", 1)])
    impatient = placed(("A", 1))
    reserve_stock_for_orders([impatient])

    assert outcomes([big, small, impatient.order_id]) == ["backordered", "backordered", "rejected"]

    receive("A", 4)

    assert outcomes([big, small]) == ["reserved", "backordered"]


def test_what_nobody_before_waits_for_goes_to_whoever_asks(waits, receive):
    (big,) = waits([("A", 4), ("B", 1)])
    receive("A", 10)
    later = waits([("A", 6)], [("A", 1)])

    assert outcomes([big, *later]) == ["backordered", "reserved", "backordered"]


def test_an_order_is_served_as_a_whole_or_not_at_all(waits, receive):
    (order_id,) = waits([("A", 2), ("B", 2)])

    receive("A", 2)
    assert outcomes([order_id]) == ["backordered"]
    assert level("A") == (2, 0, 2)

    receive("B", 2)
    assert outcomes([order_id]) == ["reserved"]
    assert (level("A"), level("B")) == ((2, 2, 0), (2, 2, 0))


def test_what_is_held_is_announced_and_stands_in_the_ledger(waits, receive, recorded):
    (order_id,) = waits([("A", 2)])

    receive("A", 5)

    assert recorded(StockReserved) == [StockReserved(order_id=order_id, lines=[OrderedLine(sku="A", quantity=2)])]
    sums = StockMovement.objects.filter(sku="A").aggregate(
        Sum("on_hand_change"), Sum("reserved_change"), Sum("backordered_change")
    )
    assert tuple(sums.values()) == level("A") == (5, 2, 0)
    assert not BackorderLine.objects.exists()


def test_a_receipt_of_what_nobody_waits_for_announces_nothing(waits, recorded):
    waits([("A", 2)])

    book_movement(sku="B", kind=RECEIPT, quantity=5)
    book_movement(sku="B", kind=ADJUSTMENT, quantity=-1)

    assert not recorded(StockReplenished)


def test_a_count_that_finds_more_serves_too(waits, recorded):
    (order_id,) = waits([("A", 2)])

    set_on_hand(levels={"A": 2})
    serve_backorders(recorded(StockReplenished))

    assert outcomes([order_id]) == ["reserved"]


def test_a_queue_is_served_in_batches_until_nobody_is_left(waits, receive, monkeypatch, recorded):
    monkeypatch.setattr(backorders, "BATCH", 2)
    order_ids = waits(*[[("A", 1)]] * 5)

    receive("A", 5)

    assert set(outcomes(order_ids)) == {"reserved"}
    assert len(recorded(StockReplenished)) == 3


def test_an_announcement_that_comes_twice_reserves_once(waits, recorded):
    waits([("A", 2)])
    book_movement(sku="A", kind=RECEIPT, quantity=9)
    announced = recorded(StockReplenished)

    serve_backorders(announced)
    serve_backorders(announced)

    assert level("A") == (9, 2, 0)
    assert len(recorded(StockReserved)) == 1


def test_an_order_that_comes_late_has_the_place_of_its_placing(placed, recorded):
    """Partitions of a topic are read at their own pace."""
    early = placed(("A", 2), allow_backorder=True)
    late = placed(("A", 2), allow_backorder=True)
    reserve_stock_for_orders([late])
    book_movement(sku="A", kind=RECEIPT, quantity=1)
    serve_backorders(recorded(StockReplenished))
    reserve_stock_for_orders([early])
    book_movement(sku="A", kind=RECEIPT, quantity=1)
    serve_backorders(recorded(StockReplenished)[1:])

    assert outcomes([early.order_id, late.order_id]) == ["reserved", "backordered"]


def test_an_order_placed_first_is_served_although_a_later_one_wants_all_there_is(placed, recorded):
    early = placed(("A", 2), allow_backorder=True)
    late = placed(("A", 3), allow_backorder=True)
    StockItemFactory(sku="A", on_hand=2)
    reserve_stock_for_orders([late])

    reserve_stock_for_orders([early])
    serve_backorders(recorded(StockReplenished))

    assert outcomes([early.order_id, late.order_id]) == ["reserved", "backordered"]


def test_who_leaves_the_queue_makes_room_for_those_behind(waits, receive, recorded):
    big, small = waits([("A", 10)], [("A", 1)])
    receive("A", 5)

    ReservationDecision.objects.select_for_update().get(pk=big)
    leave_queue([big])
    serve_backorders(recorded(StockReplenished))

    assert outcomes([small]) == ["reserved"]
    assert level("A") == (5, 1, 0)


def test_a_cancelled_order_waits_no_longer(waits, receive):
    cancelled, behind = waits([("A", 3)], [("A", 3)])
    release_stock([OrderCancelled(order_id=cancelled, lines=[OrderedLine(sku="A", quantity=3)])])

    receive("A", 6)

    assert outcomes([cancelled, behind]) == ["cancelled", "reserved"]
    assert level("A") == (6, 3, 0)


def test_the_rule_counts_who_came_before():
    levels = {"A": Level(on_hand=5)}

    assert is_served([QueuedLine(sku="A", quantity=2, ahead=3)], levels)
    assert not is_served([QueuedLine(sku="A", quantity=2, ahead=4)], levels)


def test_an_order_that_waited_for_too_long_is_rejected_with_what_was_short(waits, recorded, receive):
    order_ids = waits([("A", 10)], [("A", 1)])
    receive("A", 5)
    ReservationDecision.objects.filter(pk=order_ids[0]).update(at=Now() - timedelta(days=8))

    assert expire_backorders(after=timedelta(days=7)) == 1
    assert expire_backorders(after=timedelta(days=7)) == 0
    serve_backorders(recorded(StockReplenished))

    assert outcomes(order_ids) == ["rejected", "reserved"]
    (rejected,) = recorded(StockRejected)
    assert (rejected.order_id, rejected.reason) == (order_ids[0], "backorder_expired")
    assert rejected.shortages == [Shortage(sku="A", asked=10, available=0)]
    assert recorded_rejections(order_ids) == {order_ids[0]: rejected}


def test_an_order_that_waited_for_too_long_gets_what_came_in_time(waits, recorded):
    """Its turn was announced while no consumer was there to serve it. Who waits behind it for more is rejected."""
    order_ids = waits([("A", 2)], [("A", 2)], [("A", 1)])
    book_movement(sku="A", kind=RECEIPT, quantity=3)
    ReservationDecision.objects.filter(pk__in=order_ids[:2]).update(at=Now() - timedelta(days=8))

    assert expire_backorders(after=timedelta(days=7)) == 2
    assert expire_backorders(after=timedelta(days=7)) == 0
    serve_backorders(recorded(StockReplenished))

    assert outcomes(order_ids) == ["reserved", "rejected", "reserved"]
    assert {event.order_id for event in recorded(StockReserved)} == {order_ids[0], order_ids[2]}
    assert [event.order_id for event in recorded(StockRejected)] == [order_ids[1]]
    assert level("A") == (3, 3, 0)


def test_that_an_order_was_backordered_stays_on_record(waits, receive, recorded, placed):
    """Its event may be read after the order was served; one that was rejected at once never waited."""
    order_ids = waits([("A", 2)], [("A", 2)])
    receive("A", 2)
    rejected = placed(("NONE", 1))
    reserve_stock_for_orders([rejected])

    events = {event.order_id: event for event in recorded(StockBackordered)}
    assert recorded_backorders([*order_ids, rejected.order_id]) == events
    assert len(events) == 2


def test_whose_turn_went_by_unannounced_is_found(waits, settings):
    settings.BACKORDER_EXPIRY = timedelta(0)
    (order_id,) = waits([("A", 2)])
    book_movement(sku="A", kind=RECEIPT, quantity=2)

    look_after_backorders()

    assert outcomes([order_id]) == ["reserved"]


def test_all_that_waited_for_too_long_are_rejected_and_none_where_there_is_no_limit(waits, settings, monkeypatch):
    monkeypatch.setattr(backorders, "BATCH", 2)
    order_ids = waits(*[[("A", 1)]] * 5)
    ReservationDecision.objects.update(at=Now() - timedelta(days=8))

    settings.BACKORDER_EXPIRY = timedelta(0)
    look_after_backorders()
    assert set(outcomes(order_ids)) == {"backordered"}

    settings.BACKORDER_EXPIRY = timedelta(days=7)
    look_after_backorders()
    assert set(outcomes(order_ids)) == {"rejected"}


SKUS = st.sampled_from("AB")
BASKETS = st.lists(st.dictionaries(SKUS, st.integers(1, 4), min_size=1), min_size=1, max_size=6)


class TheQueueIsServedByItsRule(TestCase):
    @given(baskets=BASKETS, stock=st.fixed_dictionaries({"A": st.integers(0, 12), "B": st.integers(0, 12)}))
    def test_as_the_pure_rule_says(self, baskets, stock):
        placed = [
            OrderPlaced(
                order_id=new_id(),
                lines=[OrderedLine(sku=sku, quantity=quantity) for sku, quantity in basket.items()],
                allow_backorder=True,
            )
            for basket in baskets
        ]
        reserve_stock_for_orders(placed)
        set_on_hand(levels=stock)

        serve_backorders([StockReplenished(order_id=placed[0].order_id, skus=["A", "B"])])

        expected, ahead = [], {"A": 0, "B": 0}
        for basket in baskets:
            lines = [QueuedLine(sku=sku, quantity=quantity, ahead=ahead[sku]) for sku, quantity in basket.items()]
            served = is_served(lines, {sku: Level(on_hand) for sku, on_hand in stock.items()})
            expected.append("reserved" if served else "backordered")
            for sku, quantity in basket.items():
                ahead[sku] += quantity
        assert outcomes([event.order_id for event in placed]) == expected
