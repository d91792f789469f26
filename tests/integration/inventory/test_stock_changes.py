"""Stock items that have changed, for whoever keeps what can be bought in step.

woocommerce/woocommerce#40060, PrestaShop/PrestaShop#20465: orders took from stock, and nobody who asked for what had
changed was told.
"""

import pytest
from django.db import connection, transaction

from common.changed_rows import settled_changes
from inventory.api.schemas import CountIn, StockTakeIn
from inventory.events import OrderedLine, OrderPlaced
from inventory.models import Kind, StockItem
from inventory.reservations import reserve_stock_for_orders
from inventory.services import set_reorder_point, take_stock
from messaging.events import new_id
from tests.factories import StockItemFactory
from tests.stock import book_movement

pytestmark = pytest.mark.django_db(transaction=True)


def order(*, allow_backorder: bool = False, **quantities: int) -> OrderPlaced:
    lines = [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    return OrderPlaced(order_id=new_id(), lines=lines, allow_backorder=allow_backorder)


CHANGES = {
    "a reservation": lambda: reserve_stock_for_orders([order(MUG=2)]),
    "an order that waits": lambda: reserve_stock_for_orders([order(MUG=20, allow_backorder=True)]),
    "a receipt": lambda: book_movement(sku="MUG", kind=Kind.RECEIPT, quantity=1),
    "an adjustment": lambda: book_movement(sku="MUG", kind=Kind.ADJUSTMENT, quantity=-1),
    "a stock-take": lambda: take_stock(counts=StockTakeIn(lines=[CountIn(sku="MUG", counted=4)]).bookings(actor="ann")),
    "a reorder point": lambda: set_reorder_point(sku="MUG", reorder_point=3),
}


def after(position, limit: int = 50):
    return settled_changes().after(position, StockItem.objects.all(), limit=limit)


@pytest.fixture
def _stock():
    StockItemFactory(sku="CUP", on_hand=5)
    StockItemFactory(sku="MUG", on_hand=5)


@pytest.mark.usefixtures("_stock")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_way_to_change_stock_is_told(change):
    start = settled_changes().position
    assert after(start) == ([], start, False)

    with transaction.atomic():
        change()

    items, position, more = after(start)
    assert ([item.sku for item in items], more) == (["MUG"], False)
    assert after(position)[0] == []


def test_a_sku_that_is_new_is_told():
    start = settled_changes().position

    book_movement(sku="POT", kind=Kind.RECEIPT, quantity=1)

    assert [(item.sku, item.on_hand) for item in after(start)[0]] == [("POT", 1)]


def test_a_page_is_two_queries_however_much_has_changed(django_assert_num_queries):
    StockItem.objects.bulk_create(StockItem(sku=f"SKU-{number:04}") for number in range(300))
    start = settled_changes().position
    StockItem.objects.filter(sku__lt="SKU-0100").update(on_hand=1)

    with django_assert_num_queries(2):
        items, _, more = after(start, limit=10)

    assert ([item.sku for item in items], more) == ([f"SKU-{number:04}" for number in range(10)], True)


def test_what_each_order_changes_is_in_no_index():
    """With one on `changed_in`, each order would write into all indexes of its stock items: docs/decisions/, 44."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, StockItem._meta.db_table)

    indexed = {name for each in constraints.values() if each["index"] for name in each["columns"]}
    assert not indexed & {"on_hand", "reserved", "changed_in", "updated_at"}
