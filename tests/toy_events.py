"""Event types for tests of messaging, independent of the product's."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from messaging.consuming.batches import Consumer
from messaging.events import Event, Trace, encode, headers_of, new_id, text_of_time
from messaging.transport.base import Message


class Happened(Event, frozen=True, kw_only=True):
    TYPE = "happened.v1"
    TOPIC = "orders"

    number: int = 0


class Undone(Event, frozen=True, kw_only=True):
    TYPE = "undone.v1"
    TOPIC = "orders"

    number: int = 0


class Sent(Event, frozen=True, kw_only=True):
    """An event of which an order may have several, like those of shipments."""

    TYPE = "sent.v1"
    TOPIC = "orders"

    shipment: str
    number: int = 0

    @property
    def record_id(self) -> str:
        return self.shipment


class Recorder:
    """A handler that collects its events, and fails on given numbers."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.calls = 0
        self.error: Exception = ValueError("can't handle this")
        self.fails_on: set[int] = set()
        self.fails_times = 10**9

    def __call__(self, events: Sequence[Happened]) -> None:
        self.calls += 1
        if self.fails_on & {event.number for event in events} and self.fails_times:
            self.fails_times -= 1
            raise self.error
        self.seen += events

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.seen]


def consumer(handler: Recorder, *, name: str = "toy") -> Consumer:
    return Consumer(
        name=name,
        topics=("orders",),
        handlers={Happened: handler, Undone: handler, Sent: handler},
        ignored=frozenset({"boring.v1"}),
    )


def as_message(
    event: Event, *, event_id: UUID | None = None, event_type: str = "", trace: Trace | None = None
) -> Message:
    """The message of an event, as the relay sends it."""
    headers = headers_of(
        event_id=str(event_id or new_id()),
        event_type=event_type or event.TYPE,
        topic=event.TOPIC,
        subject=event.key,
        time=text_of_time(timezone.now()),
        trace=trace or Trace("request-1"),
    )
    return Message(event.TOPIC, event.key.encode(), encode(event), headers)


def happened(number: int = 0, order_id: UUID | None = None) -> Happened:
    return Happened(order_id=order_id or new_id(), number=number)
