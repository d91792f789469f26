"""Recording events in the transaction that makes them true."""

from collections.abc import Iterable

from django.db import connection, transaction

from messaging import publisher
from messaging.events import Event, encode, new_id
from messaging.exceptions import OutsideTransaction
from messaging.models import OutboxMessage
from messaging.tracing import trace_of


def record(*events: Event) -> None:
    """Store events beside the change that they announce; they are published once it is committed.

    Events of one order must be recorded while its row is locked (or just inserted): then id order is commit order.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    record_all(events)


def record_all(events: Iterable[Event]) -> None:
    """`record` for a list that is already there."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(OutsideTransaction.__doc__)
    if rows := [_row(event) for event in events]:
        OutboxMessage.objects.bulk_create(rows)
        transaction.on_commit(publisher.nudge, robust=True)


def _row(event: Event) -> OutboxMessage:
    key = event.key
    trace = trace_of(key)
    return OutboxMessage(
        event_id=new_id(),
        type=event.TYPE,
        topic=event.TOPIC,
        key=key,
        body=encode(event).decode(),
        correlation_id=trace.correlation_id,
        traceparent=trace.traceparent,
    )
