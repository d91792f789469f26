"""The base class of events, and their encoding as Kafka messages (CloudEvents 1.0, binary mode).

Each app lists the events that it publishes, and its own view of those that it reads, in its `events.py`.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec
import uuid_utils.compat as uuid_utils
from uuid_utils import uuid7

from common.ids import text_of_id
from common.traceparents import normalized
from messaging.exceptions import UndecodableEvent, UnknownEventType

_OUR_SOURCES = "/orderflow/"
Headers = Sequence[tuple[str, bytes]]

# An odd number of backslashes: after an even one, "u0000" is text.
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about one order. Decimals and UUIDs travel as strings; readers ignore fields that they do not know."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    order_id: UUID

    @property
    def key(self) -> str:
        """The Kafka key and the CloudEvents subject: events of one key stay in order."""
        return text_of_id(self.order_id)

    @property
    def record_id(self) -> UUID | str:
        """The id by which the publisher's records know this event, unique among events of its type: the order's id or,
        where an order can have several such events, the number of the shipment or credit note.
        """
        return self.order_id


E = TypeVar("E", bound=Event)


class Trace(msgspec.Struct, frozen=True):
    """The ids that connect an event with the request that caused it."""

    correlation_id: str = ""
    traceparent: str = ""  # W3C Trace Context


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its CloudEvents attributes, as a consumer receives it."""

    id: UUID
    event: Event
    time: datetime
    trace: Trace

    @property
    def key(self) -> str:
        return self.event.key


def new_id() -> UUID:
    """A UUIDv7: ids sort by the time at which they were made."""
    return uuid_utils.uuid7()


def id_time(id_: UUID) -> datetime:
    """When a UUIDv7 was made: it begins with the milliseconds since 1970 (RFC 9562)."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def first_id(time: datetime) -> UUID:
    """The smallest UUIDv7 of a time: the ids that were made before are below it."""
    return UUID(int=int(time.timestamp() * 1000) << 80)


def new_text_id() -> str:
    """A UUIDv7 as text: takes an eighth of the time of making a `UUID` and converting it."""
    return str(uuid7())


def encode(event: Event) -> bytes:
    return msgspec.json.encode(event)


def text_of_time(time: datetime) -> str:
    """A time as CloudEvents has it: RFC 3339, in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def headers_of(
    *, event_id: str, event_type: str, topic: str, subject: str, time: str, trace: Trace
) -> list[tuple[str, bytes]]:
    """The CloudEvents attributes as Kafka headers (Kafka protocol binding, binary content mode).

    `time` is as `text_of_time` makes it. All arguments are text, as PostgreSQL returns them: objects such as UUIDs
    would cost several times as much.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", f"{_OUR_SOURCES}{topic}".encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", time.encode()),
        ("content-type", b"application/json"),
    ]
    if trace.correlation_id:
        headers.append(("ce_correlationid", trace.correlation_id.encode()))
    if trace.traceparent:
        headers.append(("traceparent", trace.traceparent.encode()))
    return headers


# Two threads that make the first decoder of a type at once crash the process: see common/conversion.py.
_making_decoders = threading.Lock()


class EventRegistry:
    """The event types that a consumer knows: those that it handles, and those that it ignores."""

    def __init__(self, *, handled: Iterable[type[Event]], ignored: Iterable[str] = ()) -> None:
        with _making_decoders:
            self._decoders = {event.TYPE: msgspec.json.Decoder(event) for event in handled}
        self._ignored = frozenset(ignored)
        self._ignored_in_headers = frozenset(event_type.encode() for event_type in self._ignored)

    @property
    def types(self) -> frozenset[str]:
        return self._ignored | self._decoders.keys()

    def ignores(self, headers: Headers) -> bool:
        """Whether a message is of a type that is ignored."""
        return dict(headers).get("ce_type") in self._ignored_in_headers

    def decode(self, *, headers: Headers, body: bytes) -> Envelope | None:
        """The envelope of a message, or None if its type is ignored.

        Raises:
            UnknownEventType: one of our own events, of a type or version that is not known here.
            UndecodableEvent: not a CloudEvent, not JSON, fields missing or of wrong types, or a type that is not ours.
        """
        attributes = _attributes(headers)
        event_type = _required(attributes, "ce_type")
        if event_type in self._ignored:
            return None
        decoder = self._decoders.get(event_type)
        if decoder is None:
            raise _unknown(event_type, attributes)
        try:
            _reject_nul(body)
            return Envelope(
                id=UUID(_required(attributes, "ce_id")),
                event=decoder.decode(body),
                time=datetime.fromisoformat(_required(attributes, "ce_time")),
                trace=trace_of_headers(attributes),
            )
        except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            raise UndecodableEvent(f"{event_type}: {error}") from error


def _attributes(headers: Headers) -> Mapping[str, str]:
    try:
        return {name: value.decode() for name, value in headers if value is not None}
    except (UnicodeDecodeError, AttributeError) as error:
        raise UndecodableEvent(f"headers are not UTF-8 text: {error}") from error


def _unknown(event_type: str, attributes: Mapping[str, str]) -> UndecodableEvent:
    """The error for an unknown type: by its source, it is one of a later version of ours, or none of ours."""
    if attributes.get("ce_source", "").startswith(_OUR_SOURCES):
        with suppress(ValueError, UndecodableEvent):
            return UnknownEventType(event_type, UUID(_required(attributes, "ce_id")))
    return UndecodableEvent(f"unknown event type {event_type!r}")


def trace_of_headers(attributes: Mapping[str, str]) -> Trace:
    """The trace of an event, by its headers. Malformed ids are ignored: the event can be handled without them."""
    correlation_id, traceparent = attributes.get("ce_correlationid", ""), attributes.get("traceparent", "")
    return Trace(
        correlation_id if len(correlation_id) <= 200 and "\x00" not in correlation_id else "",
        normalized(traceparent),
    )


def _reject_nul(body: bytes) -> None:
    """Raises:
    ValueError: a string in the JSON contains NUL, which PostgreSQL can't store.
    """
    if b"u0000" in body and _ESCAPED_NUL.search(body):
        raise ValueError("a string contains NUL")


def _required(attributes: Mapping[str, str], name: str) -> str:
    try:
        return attributes[name]
    except KeyError:
        raise UndecodableEvent(f"header {name} is missing") from None
