"""What invoicing reads from the others."""

from invoicing.billing import bill_orders
from invoicing.events import OrderCancelled, OrderConfirmed
from messaging.consuming.batches import Consumer

CONSUMER = Consumer(
    name="invoicing",
    topics=("orders",),
    handlers=dict.fromkeys((OrderConfirmed, OrderCancelled), bill_orders),
    ignored=frozenset(
        {
            "order.placed.v1",
            "order.rejected.v1",
            "order.backordered.v1",
            "order.partly_fulfilled.v1",
            "order.fulfilled.v1",
        }
    ),
)
