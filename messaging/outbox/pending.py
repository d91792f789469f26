"""The pending events of the outbox, read and deleted by plain SQL.

Each busy process makes thirty relay passes a second, mostly for a handful of rows: building the queries by the ORM took
most of their time.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection, transaction

from common.postgres import ReadOnlyDatabase
from messaging import statements

PUBLISHER_LOCK = 0x6F7574626F78  # "outbox": the advisory lock of the one publisher at work


class PendingEvent(NamedTuple):
    """The columns of an outbox row that are needed to send it."""

    id: int
    event_id: str
    type: str
    topic: str
    key: str
    body: str
    correlation_id: str
    traceparent: str
    time: str  # when it was recorded, as RFC 3339


def lock() -> bool:
    """Take the publishers' lock until the transaction ends; False if another publisher has it.

    Raises:
        ReadOnlyDatabase: what is sent could not be deleted, and would be sent again and again.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements.TRY_OUTBOX_LOCK, {"lock": PUBLISHER_LOCK})
        is_locked, is_read_only, *_ = cursor.fetchone()
    if is_read_only:
        raise ReadOnlyDatabase("the session is read-only")
    return bool(is_locked)


@transaction.atomic
def anything_pending() -> bool:
    """Whether an event waits to be published; parked ones do not count."""
    with connection.cursor() as cursor:
        cursor.execute(statements.USE_INDEXES)
        cursor.execute(statements.ANY_PENDING)
        return cursor.fetchone() is not None


def fetch_pending(limit: int, *, skipped_keys: Collection[str] = ()) -> list[PendingEvent]:
    """Events that wait to be published, in the order in which they were recorded, except those of some keys.

    In the transaction of `lock`.
    """
    with connection.cursor() as cursor:
        parameters: dict[str, list[str] | int] = {"skipped_keys": list(skipped_keys), "limit": limit}
        cursor.execute(statements.FETCH_PENDING, parameters)
        return [PendingEvent(*row) for row in cursor.fetchall()]


def delete_delivered(ids: Collection[int]) -> None:
    """Delete events that were delivered."""
    with connection.cursor() as cursor:
        cursor.execute(statements.DELETE_DELIVERED, {"ids": list(ids)})
