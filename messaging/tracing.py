"""The traces of the events of a batch, for the events that are recorded while it is handled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from messaging.events import Trace

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


def trace_of(key: str) -> Trace:
    return _traces.get().get(key, _NONE)
