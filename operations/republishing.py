"""Publishing events of orders again, which Kafka deleted before a consumer had read them."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from common.ids import texts_of_ids
from common.sql import execute_once
from inventory.selectors import recorded_backorders, recorded_rejections, recorded_reservations
from invoicing.selectors import credit_notes_of_orders, recorded_invoices
from messaging.consuming.verification import Records
from messaging.events import first_id
from messaging.models import DeadLetter
from messaging.outbox.republishing import record_again
from operations.exceptions import EventsDiscarded, UnknownOrders
from operations.journey.events import events_of
from orders.lifecycle.announcements import recorded_cancellations, recorded_shipments_of
from orders.models import Order
from orders.selectors import (
    known_orders,
    recorded_as_backordered,
    recorded_as_confirmed,
    recorded_as_placed,
    recorded_as_rejected,
)
from orders.shipment_numbers import shipment_number_in_sql

_AT_ONCE = 500  # orders of a transaction
_NAMED = 10  # ids, or discarded events, in an error

# The events of each app in the order in which they were published. Events of stock that ran low are left out.
_ANNOUNCED: Sequence[Records] = (
    *(recorded_as_placed, recorded_as_backordered, recorded_as_confirmed, recorded_as_rejected),
    *(recorded_shipments_of, recorded_cancellations),
    *(recorded_backorders, recorded_reservations, recorded_rejections),
    *(recorded_invoices, credit_notes_of_orders),
)

# Orders whose next step is missing, although no event of theirs is in the outbox or an open or discarded dead letter.
# For each event that an app acts upon, where that has not been done; each part is a join, as tables are long.
_OVERDUE = f"""
    WITH behind (id) AS (
        SELECT id FROM orders_order
        WHERE status = 'placed' OR (status IN ('confirmed', 'partly_fulfilled', 'fulfilled') AND invoice_number = '')
        UNION ALL
        SELECT o.id FROM orders_order AS o JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE o.status = 'backordered' AND decision.outcome <> 'backordered'
        UNION ALL
        SELECT o.id FROM orders_order AS o JOIN inventory_reservation AS held ON held.answer_id = o.id
        WHERE o.status IN ('fulfilled', 'cancelled')
        UNION ALL
        SELECT o.id FROM orders_order AS o JOIN inventory_backorderline AS line ON line.order_id = o.id
        WHERE o.status = 'cancelled'
        UNION ALL
        SELECT o.id FROM orders_order AS o LEFT JOIN invoicing_cancelledorder AS known ON known.order_id = o.id
        WHERE o.cancelled_at IS NOT NULL AND known.order_id IS NULL
        UNION ALL
        SELECT shipment.order_id FROM orders_shipment AS shipment LEFT JOIN inventory_stockmovement AS issue
            ON issue.order_id = shipment.order_id AND issue.kind = 'issue'
                AND issue.reference = {shipment_number_in_sql("shipment.id")}
        WHERE issue.id IS NULL
        UNION ALL
        SELECT o.id FROM orders_order AS o JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
        WHERE o.invoice_number = ''
        UNION ALL
        SELECT o.id FROM orders_order AS o JOIN invoicing_creditnote AS note ON note.order_id = o.id
        WHERE NOT o.credit_notes ? note.number
        UNION ALL
        SELECT note.order_id FROM invoicing_creditnote AS note
            LEFT JOIN inventory_stockmovement AS back ON back.order_id = note.order_id AND back.reference = note.number
            LEFT JOIN inventory_pendingreturn AS pending ON pending.reference = note.number
        WHERE note.restock AND back.id IS NULL AND pending.reference IS NULL
    )
    SELECT DISTINCT behind.id FROM behind
    WHERE behind.id < %(first_too_young)s
        AND NOT EXISTS (SELECT FROM messaging_outboxmessage AS message WHERE message.key = behind.id::text)
        AND NOT EXISTS (
            SELECT FROM messaging_deadletter AS letter
            WHERE letter.key = behind.id::text AND letter.state <> 'replayed'
        )
    ORDER BY behind.id
"""  # noqa: S608 - of constants


def republish(order_ids: Collection[UUID], *, even_discarded: bool = False) -> int:
    """Publish the events of orders again, each app's in order; returns their number. Safe to repeat.

    Raises:
        UnknownOrders: names the ids that do not exist.
        EventsDiscarded: an event of these was discarded, and would be handled after all, unless `even_discarded`. In
            both cases nothing is published.
    """
    known = known_orders(order_ids)
    if unknown := [order_id for order_id in order_ids if order_id not in known]:
        raise UnknownOrders(f"there is no order {', '.join(map(str, unknown[:_NAMED]))}")
    ordered = sorted(known)
    if not even_discarded and (letters := _discarded(ordered)):
        named = "; ".join(f"{each.event_type} of order {each.key} for {each.consumer}" for each in letters[:_NAMED])
        raise EventsDiscarded(f"discarded before, and would be handled after all (see --even-discarded): {named}")
    return sum(_republish(ordered[start : start + _AT_ONCE]) for start in range(0, len(ordered), _AT_ONCE))


def _discarded(order_ids: Collection[UUID]) -> list[DeadLetter]:
    """Discarded dead letters of these orders whose events have not been handled all the same."""
    letters = DeadLetter.objects.filter(key__in=texts_of_ids(order_ids), state=DeadLetter.State.DISCARDED)
    keys = sorted(set(letters.values_list("key", flat=True)))
    events = [event for order in Order.objects.filter(pk__in=keys).order_by("pk") for event in events_of(order)]
    blocking = (event.blocking_letter(consumer) for event in events for consumer, at in event.handled.items() if not at)
    return [letter for letter in blocking if letter and letter.state == DeadLetter.State.DISCARDED]


@transaction.atomic
def _republish(order_ids: Collection[UUID]) -> int:
    Order.objects.lock(order_ids)  # they do not move on meanwhile
    events = [event for records in _ANNOUNCED for event in records(order_ids).values()]
    record_again(events)
    return len(events)


def overdue(waiting_limit: timedelta) -> list[UUID]:
    """Orders placed longer ago than this, whose next step is missing and of which no event is in flight."""
    ((now,),) = execute_once("SELECT clock_timestamp()")
    return [order_id for (order_id,) in execute_once(_OVERDUE, first_too_young=first_id(now - waiting_limit))]
