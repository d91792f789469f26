"""The ids of the events that are being handled: handlers get events without their envelopes, and may ask here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from messaging.events import Envelope, Event

_ids: ContextVar[Mapping[int, UUID]] = ContextVar("ids", default={})  # noqa: B039 - never mutated


@contextmanager
def handling(envelopes: Iterable[Envelope]) -> Iterator[None]:
    """Make the ids of these events known to `event_id_of` inside the block."""
    token = _ids.set({id(envelope.event): envelope.id for envelope in envelopes})
    try:
        yield
    finally:
        _ids.reset(token)


def event_id_of(event: Event) -> UUID | None:
    """The id of an event, given as the very object that the handler got; None outside `handling`, as in tests."""
    return _ids.get().get(id(event))
