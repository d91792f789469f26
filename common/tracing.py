"""Traces, as the product knows them. Without a tracer, which is the usual case, all of this is nothing.

The tracer is that of `common/telemetry/`, by OpenTelemetry, which is imported only where traces are wanted. What may be
traced is said here in our own terms: a request, and a batch, in which work for many requests is done at once.
"""

import os
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, NamedTuple, Protocol

from django.conf import settings

Kind = Literal["internal", "producer", "consumer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """Where spans go, and of which traces.

    Attributes:
        endpoint: the URL that takes OTLP by HTTP, with its path.
        headers: for each request to it, such as the key of an account.
        certificate: the file of the authorities that vouch for it; empty: the usual ones.
        interval_ms: how often they are sent.
        sampler: by its name in OTEL_TRACES_SAMPLER; `ratio` is its argument.
    """

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: str = ""
    compression: str = "none"
    interval_ms: int = 5000
    service_name: str = "orderflow"
    sampler: str = "parentbased_always_on"
    ratio: float = 1.0


class Part(NamedTuple):
    """What a batch does for one trace, which is sampled."""

    traceparent: str
    event: str = ""  # its type, where the batch is one of events
    order_id: str = ""
    topic: str = ""  # where it comes from or goes to


class BatchSpan:
    """The span of a batch, as its code sees it: this one records nothing."""

    def traceparent_of(self, traceparent: str) -> str:
        """The trace context of the batch's part in a trace, for what comes of it; the same one where there is none."""
        return traceparent

    def fail(self, traceparent: str, reason: str) -> None:
        """Note that the batch's part in a trace has failed, though the batch has not."""


class RequestSpan(Protocol):
    """The span of an HTTP request."""

    traceparent: str

    def end(self, *, status: int, route: str, attributes: Mapping[str, str]) -> None:
        """Args:
        route: the pattern of the path, such as /orders/{id}; empty if there is none.
        """
        ...


class Tracer(Protocol):
    """What makes spans."""

    def request(self, method: str, traceparent: str) -> AbstractContextManager[RequestSpan]:
        """Make a request's span the current one inside the block; it goes on until its `end`."""
        ...

    def batch(
        self, name: str, parts: Iterable[Part], kind: Kind, attributes: Mapping[str, str]
    ) -> AbstractContextManager[BatchSpan]:
        """See `batch`."""
        ...

    def traceparent_of_cause(self, traceparent: str) -> str:
        """See `traceparent_of_cause`."""
        ...

    def current_ids(self) -> tuple[str, str] | None:
        """The ids of the current trace and span."""
        ...

    def stop(self, *, timeout: float) -> None:
        """Send what is left, for so many seconds at most."""
        ...


_tracer: Tracer | None = None
_NO_BATCH = BatchSpan()
_NOTHING: Mapping[str, str] = {}


def start() -> None:
    """Trace this process from now on, if TRACES says so; a forked child has a tracer of its own."""
    global _tracer  # noqa: PLW0603 - there is one in a process
    if settings.TRACES is not None and _tracer is None:
        _tracer = import_module("common.telemetry.start").start(settings.TRACES)


def stop(*, timeout: float = 2.0) -> None:
    """Send the spans that are left, for so many seconds at most, and trace no more."""
    global _tracer
    tracer, _tracer = _tracer, None
    if tracer is not None:
        tracer.stop(timeout=timeout)


def tracer() -> Tracer | None:
    return _tracer


def batch(
    name: str, parts: Iterable[Part], kind: Kind = "internal", attributes: Mapping[str, str] = _NOTHING
) -> AbstractContextManager[BatchSpan]:
    """Record the block as one span, in a trace of its own, for all traces that it does something for.

    It is linked with a span in each of them. The block is the current span: statements inside are its children. Where
    `parts` is empty nothing is recorded.

    Args:
        parts: is not looked at without a tracer.
        attributes: of all these spans, by the semantic conventions.
    """
    return nullcontext(_NO_BATCH) if _tracer is None else _tracer.batch(name, parts, kind, attributes)


def traceparent_of_cause(traceparent: str) -> str:
    """The trace context for what is caused at this time by something of this context: that of the span that handles it,
    or where there is no context that of the current span.
    """
    return traceparent if _tracer is None else _tracer.traceparent_of_cause(traceparent)


def add_trace_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog: the ids of the current trace and span in each line."""
    if _tracer is not None and (ids := _tracer.current_ids()):
        event["trace_id"], event["span_id"] = ids
    return event


def _restart_after_fork() -> None:
    """The parent's threads are not here, and its connections are not ours."""
    global _tracer  # noqa: PLW0603 - likewise
    if _tracer is not None:
        _tracer = None
        start()


os.register_at_fork(after_in_child=_restart_after_fork)
