"""What the inventory reads from the others."""

from inventory.backorders import look_after_backorders, serve_backorders
from inventory.departures import issue_stock, release_stock
from inventory.events import (
    CreditNoteIssued,
    OrderCancelled,
    OrderFulfilled,
    OrderPartlyFulfilled,
    OrderPlaced,
    StockReplenished,
)
from inventory.reservations import reserve_stock_for_orders
from inventory.returns import return_stock
from messaging.consuming.batches import Consumer

CONSUMER = Consumer(
    name="inventory",
    topics=("orders", "invoicing", "backorders"),
    handlers={
        OrderPlaced: reserve_stock_for_orders,
        OrderCancelled: release_stock,
        OrderPartlyFulfilled: issue_stock,
        OrderFulfilled: issue_stock,
        CreditNoteIssued: return_stock,
        StockReplenished: serve_backorders,
    },
    housekeeping=look_after_backorders,
    ignored=frozenset(
        {
            "order.confirmed.v1",
            "order.rejected.v1",
            "order.backordered.v1",
            "invoice.issued.v1",
        }
    ),
)
