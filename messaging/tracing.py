"""The traces of the events of a batch, for the events that are recorded while it is handled."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Literal
from uuid import UUID

from django.conf import settings

from common import tracing as spans
from common.traceparents import is_sampled, normalized
from common.tracing import Part
from messaging.events import Headers, Trace
from messaging.transport.base import Message, Record

_NONE = Trace()
_traces: ContextVar[Mapping[str, Trace]] = ContextVar("traces", default={})  # noqa: B039 - never mutated


@contextmanager
def tracing(traces: Mapping[str, Trace]) -> Iterator[None]:
    """Give the events recorded inside, by their key, the trace of what caused them."""
    token = _traces.set(traces)
    try:
        yield
    finally:
        _traces.reset(token)


def caused_by(ids: tuple[str, str], *keys: object) -> AbstractContextManager[None]:
    """`tracing` for a request, given by its id and its traceparent, that causes all events of these keys."""
    return tracing(dict.fromkeys(map(str, keys), Trace(*ids)))


def on_behalf(causes: Mapping[UUID, UUID | str | None]) -> AbstractContextManager[None]:
    """Give the events recorded inside, by their key, the trace of another key's event or request, if that has one."""
    known = _traces.get()
    found = {str(key): known[cause] for key, of in causes.items() if (cause := str(of)) in known}
    return tracing({**known, **found})


def trace_of(key: str) -> Trace:
    """The trace of what caused an event of this key: where that has a span, it is the event's parent."""
    trace = _traces.get().get(key, _NONE)
    traceparent = spans.traceparent_of_cause(trace.traceparent)
    return trace if traceparent == trace.traceparent else Trace(trace.correlation_id, traceparent)


def sampled_parts(messages: Iterable[Message | Record]) -> Iterator[Part]:
    """The messages whose traces are recorded; looking at one that is not costs little."""
    for message in messages:
        traceparent = traceparent_of(message.headers)
        if is_sampled(traceparent) and normalized(traceparent):
            event = _text(message.headers, "ce_type")[:_MAX_TYPE]
            order_id = (message.key or b"").decode(errors="replace")
            yield Part(traceparent, event, order_id, settings.KAFKA_TOPIC_PREFIX + message.topic)


def messaging_attributes(operation: Literal["send", "process"], consumer: str = "") -> dict[str, str]:
    """What spans of messages have by OpenTelemetry's semantic conventions, by which backends show them."""
    attributes = {"system": "kafka", "operation.name": operation, "operation.type": operation}
    if consumer:
        attributes["consumer.group.name"] = settings.KAFKA_GROUP_PREFIX + consumer
    return {f"messaging.{name}": value for name, value in attributes.items()}


def traceparent_of(headers: Headers) -> str:
    """The trace context of a message, as it came; empty if it has none. Ours have it as the last header."""
    for name, value in reversed(headers):
        if name == "traceparent":
            return value.decode(errors="replace") if value else ""
    return ""


_MAX_TYPE = 100  # characters, as an outbox row has; others than ours may send anything


def _text(headers: Headers, name: str) -> str:
    return next((value.decode(errors="replace") for found, value in headers if found == name and value), "")
