"""What the inventory reads from the others."""

from inventory.backorders import look_after_backorders, serve_backorders
from inventory.events import OrderPlaced, StockReplenished
from inventory.reservations import reserve_stock_for_orders
from messaging.consuming.batches import Consumer

CONSUMER = Consumer(
    name="inventory",
    topics=("orders", "backorders"),
    handlers={OrderPlaced: reserve_stock_for_orders, StockReplenished: serve_backorders},
    housekeeping=look_after_backorders,
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
