"""Concurrent reservations of the same stock by several consumers."""

from functools import partial

import pytest

from inventory.events import StockRejected, StockReserved
from inventory.models import Reservation, ReservationDecision, StockItem
from inventory.reservations import reserve_stock_for_orders
from inventory.services import set_on_hand
from tests.concurrency import at_once, one_after_the_other
from tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db(transaction=True)


def reserve(*orders):
    return partial(reserve_stock_for_orders, orders)


def test_of_two_that_want_the_last_units_exactly_one_gets_them(placed, recorded):
    StockItemFactory(sku="A", on_hand=3)
    first, second = placed(("A", 2)), placed(("A", 2))

    one_after_the_other(reserve(first), reserve(second))

    assert [event.order_id for event in recorded(StockReserved)] == [first.order_id]
    assert [event.order_id for event in recorded(StockRejected)] == [second.order_id]
    assert StockItem.objects.get().reserved == 2


def test_units_that_were_held_by_a_transaction_that_failed_can_be_had(placed, recorded):
    StockItemFactory(sku="A", on_hand=3)
    first, second = placed(("A", 2)), placed(("A", 2))

    one_after_the_other(reserve(first), reserve(second), first_rolls_back=True)

    assert [event.order_id for event in recorded(StockReserved)] == [second.order_id]
    assert StockItem.objects.get().reserved == 2


def test_many_at_once_never_get_more_than_there_is(placed, recorded):
    StockItemFactory(sku="A", on_hand=20)

    at_once(reserve(*(placed(("A", 1)) for _ in range(10))) for _ in range(6))

    assert StockItem.objects.get().reserved == 20
    assert len(recorded(StockReserved)) == 20
    assert len(recorded(StockRejected)) == 40


@pytest.mark.parametrize("sku", ["KNOWN", "UNKNOWN"])
def test_an_order_delivered_to_two_consumers_at_once_is_answered_once(placed, recorded, sku):
    StockItemFactory(sku="KNOWN", on_hand=3)
    order = placed((sku, 1))

    one_after_the_other(reserve(order), reserve(order))

    assert len(recorded(StockReserved) + recorded(StockRejected)) == 1
    assert ReservationDecision.objects.count() == 1


def test_baskets_in_opposite_order_do_not_deadlock(placed):
    skus = [f"SKU-{number}" for number in range(12)]
    for sku in skus:
        StockItemFactory(sku=sku, on_hand=10**6)

    def rounds(basket):
        def work():
            reserve_stock_for_orders([placed(*((sku, 1) for sku in basket)), placed((basket[0], 1))])

        return work

    for _ in range(25):
        at_once([rounds(skus), rounds(skus[::-1]), rounds(skus[6:] + skus[:6])])

    assert ReservationDecision.objects.filter(outcome="reserved").count() == 25 * 3 * 2
    assert Reservation.objects.filter(sku=skus[0]).count() == 25 * 4


def test_an_import_of_levels_and_orders_do_not_deadlock(placed):
    skus = [f"SKU-{number}" for number in range(8)]

    def imports(number, order):
        return partial(set_on_hand, levels=dict.fromkeys((*skus[::order], f"NEW-{number}", "NEW"), 10**6 + number))

    for number in range(15):
        basket = [(sku, 1) for sku in skus[::-1]]
        at_once([imports(number, 1), imports(number, -1), reserve(placed(*basket)), reserve(placed(*basket[::-1]))])

    assert StockItem.objects.get(sku="NEW").on_hand == 10**6 + 14
    assert ReservationDecision.objects.count() == 30
