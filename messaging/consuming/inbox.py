"""Claiming events, so that each takes effect once for a consumer however often it is delivered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from messaging.models import InboxEntry

# What the ORM can't say: its ignore_conflicts does not tell which rows were inserted. Ids are inserted in one fixed
# order, so that two deliveries of the same events can't deadlock.
_CLAIM = """
    INSERT INTO messaging_inboxentry (consumer, event_id, key)
    SELECT %s, event_id, key FROM unnest(%s::uuid[], %s::text[]) AS event (event_id, key) ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
"""
# In the same statement, for it would cost each batch a round trip: almost always there is nothing to begin anew.
_CLAIM_TO_HANDLE = f"""
    WITH claimed AS ({_CLAIM}),
    restarted AS (
        UPDATE messaging_consecutivefailures SET count = 0
        WHERE consumer = %s AND count > 0 AND EXISTS (SELECT FROM claimed)
    )
    SELECT event_id FROM claimed
"""  # noqa: S608 - of constants


def claim(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    """Mark events, given by their ids with their keys, as handled by `consumer` in the caller's transaction; the ids of
    those that were not yet.

    A concurrent claim of the same event waits here until the other transaction ends.
    """
    return _claimed(_CLAIM, consumer, events)


def claim_to_handle(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    """As `claim`, for events that are handled in this transaction: they end the consumer's row of failures."""
    return _claimed(_CLAIM_TO_HANDLE, consumer, events, consumer)


def handled(consumer: str, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that `consumer` has handled, or let go."""
    if not event_ids:
        return set()
    entries = InboxEntry.objects.filter(consumer=consumer, event_id__in=event_ids)
    return set(entries.values_list("event_id", flat=True))


def _claimed(statement: str, consumer: str, events: Mapping[UUID, str], *more: str) -> set[UUID]:
    ids = [str(event_id) for event_id in events]
    with connection.cursor() as cursor:
        cursor.execute(statement, [consumer, ids, list(events.values()), *more])
        return {event_id for (event_id,) in cursor.fetchall()}
