"""Recording events in the transaction that makes them true."""

from collections.abc import Iterable

from django.db import connection, transaction

from messaging import publisher
from messaging.crash_points import reached
from messaging.events import Event, encode, new_id
from messaging.exceptions import OutsideTransaction
from messaging.tracing import trace_of

# bulk_create takes eight times as long: with a column that the database fills, Django sends each value by itself.
_INSERT = """
    INSERT INTO messaging_outboxmessage
        (event_id, type, topic, key, body, correlation_id, traceparent, parked_reason)
    SELECT *, '' FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
"""


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
    if columns := list(zip(*map(_row, events), strict=True)):
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [list(column) for column in columns])
        transaction.on_commit(_committed, robust=True)
        reached("outbox.before_commit")


def _committed() -> None:
    reached("outbox.after_commit")
    publisher.nudge()


def _row(event: Event) -> tuple[str, ...]:
    key = event.key
    trace = trace_of(key)
    return (
        str(new_id()),
        event.TYPE,
        event.TOPIC,
        key,
        encode(event).decode(),
        trace.correlation_id,
        trace.traceparent,
    )
