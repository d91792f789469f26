"""Recording events once more, for readers to whom they never came."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from messaging.events import Event
from messaging.outbox import recording


def record_again(events: Sequence[Event]) -> None:
    """Record events that were recorded before, in the caller's transaction, to be published in this order.

    The ids that they had are gone with their outbox rows. Those that they get are always the same for a type of event
    and its `record_id`, so however often this is done, a reader takes notice of each once more at most; and handlers
    look at what is there before they do a thing a second time.
    """
    recording.store_rows([recording.row_of(event) | {"event_id": str(id_of(event))} for event in events])


def id_of(event: Event) -> UUID:
    """The id under which an event is published again."""
    return uuid5(NAMESPACE_URL, f"orderflow:{event.TYPE}:{event.record_id}")
