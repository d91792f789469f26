"""Claiming events, so that each takes effect once for a consumer however often it is delivered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from common.ids import texts_of_ids
from common.sql import execute
from messaging import statements
from messaging.models import InboxEntry


def claim(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    """Mark events as handled by `consumer`, in the caller's transaction; returns the ids of those that were not yet.

    A concurrent claim of the same event waits until the other transaction has ended.

    Args:
        events: the key of each event by its id.
    """
    return _claimed(statements.CLAIM_EVENTS, consumer, events)


def claim_to_handle(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    """Claim events whose handlers run in this transaction, and set the count of failures in a row to 0: see `claim`."""
    return _claimed(statements.CLAIM_EVENTS_TO_HANDLE, consumer, events)


def handled(consumer: str, event_ids: Collection[UUID]) -> set[UUID]:
    """The given events that `consumer` has handled, or that were discarded."""
    if not event_ids:
        return set()
    entries = InboxEntry.objects.filter(consumer=consumer, event_id__in=event_ids)
    return set(entries.values_list("event_id", flat=True))


def _claimed(statement: str, consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    rows = execute(statement, consumer=consumer, ids=texts_of_ids(events), keys=list(events.values()))
    return {event_id for (event_id,) in rows}
