"""Recording events in the transaction that makes them true."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from django.db import connection, transaction

from common.sql import execute
from messaging import statements
from messaging.crash_points import reached
from messaging.events import Event, Trace, encode, new_text_id
from messaging.exceptions import OutsideTransaction
from messaging.outbox import publisher
from messaging.tracing import trace_of

Row = dict[str, str | msgspec.Raw]


def record(*events: Event) -> None:
    """Store events in the transaction of the change that they announce; they are published once it is committed.

    Events of one order must be recorded while its row is locked (or just inserted): then id order is commit order.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    record_all(events)


def record_all(events: Iterable[Event]) -> None:
    """Store an iterable of events: see `record`."""
    store_rows([row_of(event, trace_of(event.key)) for event in events])


def store_rows(rows: Sequence[Row]) -> None:
    """Store rows of events, as `row_of` makes them.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    if rows:
        with publishing_on_commit():
            execute(statements.RECORD_EVENTS, events=msgspec.json.encode(rows).decode())


@contextmanager
def publishing_on_commit() -> Iterator[None]:
    """Around a statement with `INSERT_EVENTS` in it: its events are published once they are committed.

    Without an open transaction that is at once, since the statement commits by itself.
    """
    reached("outbox.before_commit")
    yield
    transaction.on_commit(_committed, robust=True)


def row_of(event: Event, trace: Trace) -> Row:
    """An event as a JSON object that `INSERT_EVENTS` takes."""
    return {
        "event_id": new_text_id(),
        "type": event.TYPE,
        "topic": event.TOPIC,
        "key": event.key,
        "body": msgspec.Raw(encode(event)),
        "correlation_id": trace.correlation_id,
        "traceparent": trace.traceparent,
    }


def _committed() -> None:
    reached("outbox.after_commit")
    publisher.nudge()
