"""stock.low: once each time that available units fall to the reorder point, whatever brings them there.

frappe/erpnext#28327 and inventree/InvenTree#8452: only some of the ways down were told.
"""

import pytest

from inventory.bookings import Booking
from inventory.events import StockLow
from inventory.exceptions import OnHandRefused
from inventory.models import Kind
from inventory.reservations import reserve_stock_for_orders
from inventory.services import set_on_hand, set_reorder_point, take_stock
from tests.factories import StockItemFactory
from tests.stock import book_movement

pytestmark = pytest.mark.django_db


def counted(sku: str, units: int) -> list[Booking]:
    return [Booking(sku=sku, kind=Kind.ADJUSTMENT, counted=units, reason="stock_take")]


@pytest.fixture(autouse=True)
def item():
    return StockItemFactory(sku="A", on_hand=10, reserved=2, reorder_point=5)


def test_an_adjustment_that_crosses_the_reorder_point_is_told_once(recorded):
    book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-2)
    assert recorded(StockLow) == []

    book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-1)
    book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-1)

    assert recorded(StockLow) == [StockLow(sku="A", on_hand=7, reserved=2, reorder_point=5)]


def test_a_receipt_arms_it_again(recorded):
    for quantity in (-5, 5, -5, 1):
        book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=quantity)

    assert len(recorded(StockLow)) == 2


def test_a_stock_take_and_an_import_tell_it_too(recorded):
    take_stock(counts=counted("A", 3))
    set_on_hand(levels={"A": 20})
    set_on_hand(levels={"A": 4})

    assert [event.on_hand for event in recorded(StockLow)] == [3, 4]


def test_a_reorder_point_above_what_is_there_tells_it(recorded):
    set_reorder_point(sku="A", reorder_point=8)
    set_reorder_point(sku="A", reorder_point=9)
    assert [event.reorder_point for event in recorded(StockLow)] == [8]

    set_reorder_point(sku="A", reorder_point=7)
    set_reorder_point(sku="A", reorder_point=8)

    assert [event.reorder_point for event in recorded(StockLow)] == [8, 8]


def test_it_is_told_under_the_sku_where_no_order_is_the_cause(recorded, placed):
    order = placed(("A", 3))
    reserve_stock_for_orders([order])
    book_movement(sku="A", kind=Kind.RECEIPT, quantity=1)
    book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-1)

    assert [event.key for event in recorded(StockLow)] == [str(order.order_id), "A"]


def test_what_was_refused_tells_nothing(recorded):
    with pytest.raises(OnHandRefused):
        take_stock(counts=counted("A", 1))

    assert recorded(StockLow) == []
