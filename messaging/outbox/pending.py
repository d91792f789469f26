"""The events that wait in the outbox: read and taken away by plain SQL.

A pass is made thirty times a second by each busy process, mostly for a handful of rows: building its queries by the ORM
took most of its time.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from common.postgres import ReadOnlyDatabase

_LOCK = 0x6F7574626F78  # "outbox": the advisory lock of the one publisher at work

# A key with a parked event waits for a person.
_WAITING = """
    FROM messaging_outboxmessage
    WHERE parked_at IS NULL AND key NOT IN (SELECT key FROM messaging_outboxmessage WHERE parked_at IS NOT NULL)
"""
# Rows live for milliseconds, so statistics tell the planner nothing: it would read the whole table, with all that is
# dead in it, at each pass. The indexes lead to what is alive.
_BY_INDEX = "set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
_TRY_LOCK = f"SELECT pg_try_advisory_xact_lock(%s), current_setting('transaction_read_only') = 'on', {_BY_INDEX}"
_ANY = f"SELECT id {_WAITING} ORDER BY id LIMIT 1"
_FIRST = f"""
    SELECT id, event_id, type, topic, key, body, correlation_id, traceparent, created_at {_WAITING}
    AND key <> ALL(%s) ORDER BY id LIMIT %s
"""
_DELETE = "DELETE FROM messaging_outboxmessage WHERE id = ANY(%s)"


class PendingEvent(NamedTuple):
    """A row of the outbox as far as sending it goes."""

    id: int
    event_id: UUID
    type: str
    topic: str
    key: str
    body: str
    correlation_id: str
    traceparent: str
    created_at: datetime


def lock() -> bool:
    """Become the one publisher at work until the transaction ends; False if another one is.

    Raises:
        ReadOnlyDatabase: what is sent could not be deleted, and would be sent again and again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [_LOCK])
        is_locked, is_read_only, *_ = cursor.fetchone()
    if is_read_only:
        raise ReadOnlyDatabase("the session is read-only")
    return bool(is_locked)


@transaction.atomic
def anything_pending() -> bool:
    """Whether an event waits for a publisher, rather than for a person."""
    _one(f"SELECT {_BY_INDEX}")
    return _one(_ANY) is not None


def fetch_pending(limit: int, *, skipped_keys: Collection[str] = ()) -> list[PendingEvent]:
    """Events that wait for a publisher, in the order in which they were recorded, but for those of some keys.

    In the transaction of `lock`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [list(skipped_keys), limit])
        return [PendingEvent(*row) for row in cursor.fetchall()]


def delete_delivered(ids: Collection[int]) -> None:
    """Delete events that were delivered."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [list(ids)])


def _one(query: str, *parameters: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
        return row[0] if row else None
