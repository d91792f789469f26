"""What consumers make of imported orders, at once: they are confirmed and billed."""

import msgspec
from django.db import transaction

from invoicing.billing import bill_orders
from invoicing.events import OrderConfirmed
from orders.models import Order
from orders.selectors import recorded_as_confirmed


def bill_imported() -> None:
    """Confirm and bill all imported orders that are placed, the oldest first."""
    placed = Order.objects.filter(source=Order.Source.IMPORT, status="placed").order_by("placed_at", "pk")
    ids = list(placed.values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids).update(status="confirmed")
    confirmed = recorded_as_confirmed(ids)
    with transaction.atomic():
        bill_orders([msgspec.convert(confirmed[order_id], OrderConfirmed, from_attributes=True) for order_id in ids])
