"""What the inventory reads from the others."""

from inventory.events import OrderPlaced
from inventory.reservations import reserve_stock_for_orders
from messaging.consuming.batches import Consumer

CONSUMER = Consumer(
    name="inventory",
    topics=("orders",),
    handlers={OrderPlaced: reserve_stock_for_orders},
    ignored=frozenset(
        {
            "order.confirmed.v1",
            "order.rejected.v1",
            "order.backordered.v1",
            "order.cancelled.v1",
            "order.partly_fulfilled.v1",
            "order.fulfilled.v1",
        }
    ),
)
