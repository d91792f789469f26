"""The pending events of the outbox, read and deleted by plain SQL.

Each busy process makes thirty relay passes a second, mostly for a handful of rows: building the queries by the ORM took
most of their time.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from common.postgres import ReadOnlyDatabase
from common.sql import execute
from messaging import statements
from messaging.outbox import lease
from messaging.outbox.lanes import ALL_LANES, LANES, WHOLE_OUTBOX, WantedLanes

# Advisory locks that end with the transaction: of sessions, they would stay behind in a pooler's connection.
OUTBOX_LOCK = 0x6F7574626F78  # "outbox": exclusive of a publisher that has all of it, shared by those that have lanes
LANE_LOCKS = 0x6C616E65  # "lane": the first key of each lane's lock; the second is the lane


class LockedLanes(NamedTuple):
    """The lanes that were locked; none if others have them all, or if they are left to a relay for so many seconds."""

    lanes: Sequence[int]
    left_for: float


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


def lock_lanes(wanted: WantedLanes = WHOLE_OUTBOX, *, leaves_to_relay: bool = False) -> LockedLanes:
    """Lock lanes until the transaction ends.

    What is read by a later statement is what those left who held them before.

    Args:
        leaves_to_relay: whether none is locked while a relay has its lease.

    Raises:
        ReadOnlyDatabase: what is sent could not be deleted, and would be sent again and again.
    """
    ((locked, is_read_only, left_for, *_),) = execute(
        statements.TRY_LANES,
        outbox=OUTBOX_LOCK,
        lanes=LANE_LOCKS,
        first=wanted.first,
        most=wanted.most,
        is_share=wanted.is_share,
        leaves_to_relay=leaves_to_relay,
        longest_lease=lease.SECONDS,
    )
    if is_read_only:
        raise ReadOnlyDatabase("the session is read-only")
    return LockedLanes(tuple(locked), left_for)


@transaction.atomic
def anything_pending(lanes: Sequence[int] = ALL_LANES) -> bool:
    """Whether an event of these lanes waits to be published; parked ones do not count."""
    execute(statements.USE_INDEXES)
    if len(lanes) == LANES:
        return bool(execute(statements.ANY_PENDING))
    return bool(execute(statements.ANY_PENDING_IN_LANES, lanes=list(lanes)))


def fetch_pending(
    limit: int, *, lanes: Sequence[int] = ALL_LANES, limit_of_a_lane: int = 0, skipped_keys: Collection[str] = ()
) -> list[PendingEvent]:
    """Events that wait to be published, in the order in which they were recorded, except those of some keys.

    In the transaction of `lock_lanes`, which has locked the lanes.

    Args:
        limit_of_a_lane: how many events of each lane, where not all lanes are asked for.
    """
    parameters: dict[str, Any] = {"skipped_keys": list(skipped_keys), "limit": limit}
    if len(lanes) == LANES:
        rows = execute(statements.FETCH_PENDING, **parameters)
    else:
        parameters |= {"lanes": list(lanes), "limit_of_a_lane": limit_of_a_lane}
        rows = execute(statements.FETCH_PENDING_IN_LANES, **parameters)
    return sorted(PendingEvent(*row) for row in rows)


def delete_delivered(ids: Collection[int]) -> None:
    """Delete events that were delivered."""
    execute(statements.DELETE_DELIVERED, ids=list(ids))
