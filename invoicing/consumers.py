"""What invoicing reads from the others."""

from functools import partial

from invoicing.billing import bill_orders
from invoicing.events import OrderCancelled, OrderConfirmed
from invoicing.unsent import CancelledAtOf, ShipmentsOf, no_time_is_known, nothing_was_shipped
from messaging.consuming.batches import Consumer


def consumer(
    *, shipments_of: ShipmentsOf = nothing_was_shipped, cancelled_at_of: CancelledAtOf = no_time_is_known
) -> Consumer:
    """The consumer; what orders know is handed in by whoever composes the apps: see invoicing.unsent."""
    bill = partial(bill_orders, shipments_of=shipments_of, cancelled_at_of=cancelled_at_of)
    return Consumer(
        name="invoicing",
        topics=("orders",),
        handlers=dict.fromkeys((OrderConfirmed, OrderCancelled), bill),
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
