"""The traces of the events of a batch, for the events that are recorded while it is handled."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from uuid import UUID

from common import tracing as spans
from common.traceparents import is_sampled, normalized
from common.tracing import Part
from messaging.events import Headers, Trace

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


def sampled_parts(messages: Iterable[tuple[bytes | None, Headers]]) -> Iterator[Part]:
    """The messages whose traces are recorded, given as key and headers; looking at one that is not costs little."""
    for key, headers in messages:
        traceparent = traceparent_of(headers)
        if is_sampled(traceparent) and normalized(traceparent):
            yield Part(traceparent, _text(headers, "ce_type")[:_MAX_TYPE], (key or b"").decode(errors="replace"))


def traceparent_of(headers: Headers) -> str:
    """The trace context of a message, as it came; empty if it has none. Ours have it as the last header."""
    for name, value in reversed(headers):
        if name == "traceparent":
            return value.decode(errors="replace") if value else ""
    return ""


_MAX_TYPE = 100  # characters, as an outbox row has; others than ours may send anything


def _text(headers: Headers, name: str) -> str:
    return next((value.decode(errors="replace") for found, value in headers if found == name and value), "")
