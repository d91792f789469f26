"""Which event is being handled: what a handler gets is the event itself, without the id under which it came."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from messaging.events import Envelope, Event

_ids: ContextVar[Mapping[int, UUID]] = ContextVar("ids", default={})  # noqa: B039 - never mutated


@contextmanager
def handling(envelopes: Iterable[Envelope]) -> Iterator[None]:
    """Let handlers ask for the ids of these events, as the very objects that they are given."""
    token = _ids.set({id(envelope.event): envelope.id for envelope in envelopes})
    try:
        yield
    finally:
        _ids.reset(token)


def event_id_of(event: Event) -> UUID | None:
    """The id under which an event came; None where nobody said so, as in a handler that is called by hand."""
    return _ids.get().get(id(event))
