"""What invoicing reads from the others."""

from invoicing.events import OrderConfirmed
from invoicing.services import issue_invoices
from messaging.consuming.batches import Consumer

CONSUMER = Consumer(
    name="invoicing",
    topics=("orders",),
    handlers={OrderConfirmed: issue_invoices},
    ignored=frozenset(
        {
            "order.placed.v1",
            "order.rejected.v1",
            "order.backordered.v1",
            "order.cancelled.v1",
            "order.partly_fulfilled.v1",
            "order.fulfilled.v1",
        }
    ),
)
