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


def claim(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    """Mark events, given by their ids with their keys, as handled by `consumer` in the caller's transaction; the ids of
    those that were not yet.

    A concurrent claim of the same event waits here until the other transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [consumer, [str(event_id) for event_id in events], list(events.values())])
        return {event_id for (event_id,) in cursor.fetchall()}


def handled(consumer: str, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that `consumer` has handled, or let go."""
    if not event_ids:
        return set()
    entries = InboxEntry.objects.filter(consumer=consumer, event_id__in=event_ids)
    return set(entries.values_list("event_id", flat=True))
