"""Recording events once more, for consumers that never received them."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from messaging.events import Event
from messaging.outbox import recording
from messaging.tracing import trace_of


def record_again(events: Sequence[Event]) -> None:
    """Record events that were recorded before, in the caller's transaction, to be published in this order.

    Their first ids are gone with their outbox rows. The new ids are derived from the type of event and its `record_id`,
    so however often this is done, a consumer handles each event at most once more; and its handler changes nothing if
    the effect is there already.
    """
    rows = [recording.row_of(event, trace_of(event.key)) | {"event_id": str(id_of(event))} for event in events]
    recording.store_rows(rows)


def id_of(event: Event) -> UUID:
    """The id under which an event is published again."""
    return uuid5(NAMESPACE_URL, f"orderflow:{event.TYPE}:{event.record_id}")
