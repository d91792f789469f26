"""What invoicing reads from the others."""

from functools import partial

from invoicing.billing import bill_orders
from invoicing.events import OrderCancelled, OrderConfirmed
from invoicing.unsent import ShipmentsOf, nothing_was_shipped
from messaging.consuming.batches import Consumer


def consumer(*, shipments_of: ShipmentsOf = nothing_was_shipped) -> Consumer:
    """The consumer; `shipments_of` is handed in by whoever composes the apps: see invoicing.unsent."""
    return Consumer(
        name="invoicing",
        topics=("orders",),
        handlers=dict.fromkeys((OrderConfirmed, OrderCancelled), partial(bill_orders, shipments_of=shipments_of)),
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
