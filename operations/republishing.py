"""Publishing events of orders again, which Kafka deleted before a consumer had read them."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from inventory.selectors import recorded_backorders, recorded_rejections, recorded_reservations
from invoicing.selectors import credit_notes_of_orders, recorded_invoices
from messaging.consuming.verification import Records
from messaging.outbox.republishing import record_again
from operations.exceptions import UnknownOrders
from orders.lifecycle.announcements import recorded_cancellations, recorded_shipments_of
from orders.models import Order
from orders.selectors import (
    recorded_as_backordered,
    recorded_as_confirmed,
    recorded_as_placed,
    recorded_as_rejected,
)

_AT_ONCE = 500  # orders of a transaction

# The events of each app in the order in which they were published. Events of stock that ran low are left out.
_ANNOUNCED: Sequence[Records] = (
    *(recorded_as_placed, recorded_as_backordered, recorded_as_confirmed, recorded_as_rejected),
    *(recorded_shipments_of, recorded_cancellations),
    *(recorded_backorders, recorded_reservations, recorded_rejections),
    *(recorded_invoices, credit_notes_of_orders),
)

# Orders whose next step is missing, although no event of theirs is in the outbox or an open or discarded dead letter.
_OVERDUE = """
    SELECT o.id FROM orders_order AS o
    WHERE o.id < %(first_too_young)s
        AND (
            status = 'placed'
            OR (status IN ('confirmed', 'partly_fulfilled', 'fulfilled') AND invoice_number = '')
            OR (
                status IN ('fulfilled', 'cancelled')
                AND EXISTS (SELECT FROM inventory_reservation AS held WHERE held.answer_id = o.id)
            )
        )
        AND NOT EXISTS (SELECT FROM messaging_outboxmessage WHERE key = o.id::text)
        AND NOT EXISTS (SELECT FROM messaging_deadletter WHERE key = o.id::text AND state <> 'replayed')
    ORDER BY o.id
"""


def republish(order_ids: Collection[UUID]) -> int:
    """Publish the events of orders again, each app's in order; returns their number. Safe to repeat.

    Raises:
        UnknownOrders: names the ids that do not exist; nothing is published then.
    """
    known = set(Order.objects.filter(pk__in=order_ids).values_list("pk", flat=True))
    if unknown := [order_id for order_id in order_ids if order_id not in known]:
        raise UnknownOrders(f"there is no order {', '.join(map(str, unknown[:10]))}")
    ordered = sorted(known)
    return sum(_republish(ordered[start : start + _AT_ONCE]) for start in range(0, len(ordered), _AT_ONCE))


@transaction.atomic
def _republish(order_ids: Collection[UUID]) -> int:
    list(Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk"))  # they do not move on meanwhile
    events = [event for records in _ANNOUNCED for event in records(order_ids).values()]
    record_again(events)
    return len(events)


def overdue(waiting_limit: timedelta) -> list[UUID]:
    """Orders placed longer ago than this, whose next step is missing and of which no event is in flight."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        first_too_young = UUID(int=int((now - waiting_limit).timestamp() * 1000) << 80)  # ids are UUIDv7
        cursor.execute(_OVERDUE, {"first_too_young": first_too_young})
        return [order_id for (order_id,) in cursor.fetchall()]
