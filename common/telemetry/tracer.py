"""The tracer: spans of requests and batches, by OpenTelemetry."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
)

from common import traceparents
from common.telemetry.export import BoundedProcessor
from common.telemetry.sql import trace_statements
from common.tracing import BatchSpan, Kind, Part

MAX_LINKS = 1000  # as many as a batch has parts
_KINDS = {"internal": SpanKind.INTERNAL, "producer": SpanKind.PRODUCER, "consumer": SpanKind.CONSUMER}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOWHERE = Context()

# The trace contexts of the parts of the current batch, by those that they continue.
_parts: ContextVar[Mapping[str, str]] = ContextVar("parts", default={})  # noqa: B039 - never mutated


class OpenTelemetryTracer:
    """A `Tracer` whose spans go to the processor."""

    def __init__(self, provider: TracerProvider, processor: BoundedProcessor) -> None:
        self._processor = processor
        self._tracer = provider.get_tracer("orderflow")
        trace_statements(self._tracer)

    @contextmanager
    def request(self, method: str, traceparent: str) -> Iterator["HttpSpan"]:
        method = method if method in _METHODS else "_OTHER"
        span = self._tracer.start_span(
            method,
            context=_remote(traceparents.normalized(traceparent)),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
        )
        token = contexts.attach(trace.set_span_in_context(span, _NOWHERE))
        try:
            yield HttpSpan(span, method)
        finally:
            contexts.detach(token)

    @contextmanager
    def batch(self, name: str, parts: Iterable[Part], kind: Kind, attributes: Mapping[str, str]) -> Iterator[BatchSpan]:
        spans = self._spans_of_parts(name, parts, kind, attributes)
        if not spans:
            yield BatchSpan()
            return
        links = [Link(span.get_span_context()) for span in spans.values()]
        topics = {part.topic for part in spans}
        own = {**attributes, **_destination(topics.pop() if len(topics) == 1 else "")}
        span = self._tracer.start_span(f"{name} batch", _context_of_batch(), _KINDS[kind], own, links=links)
        batch = _Batch(span, spans)
        token = contexts.attach(trace.set_span_in_context(span, _NOWHERE))
        before = _parts.set(batch.traceparents)
        try:
            yield batch
        except BaseException as error:
            batch.fail_all(type(error).__name__)
            raise
        finally:
            _parts.reset(before)
            contexts.detach(token)
            batch.end()

    def _spans_of_parts(
        self, name: str, parts: Iterable[Part], kind: Kind, of_all: Mapping[str, str]
    ) -> dict[Part, Span]:
        """The spans of a batch's parts, each in its trace; without those that the sampler leaves out."""
        spans = {}
        for part, count in _grouped(parts).items():
            attributes: dict[str, str | int] = {**of_all, **_destination(part.topic), "orderflow.count": count}
            if part.order_id:
                attributes["orderflow.order_id"] = part.order_id
            spans[part] = self._tracer.start_span(
                f"{name} {part.event}".rstrip(), _remote(part.traceparent), _KINDS[kind], attributes
            )
        return {part: span for part, span in spans.items() if span.is_recording()}

    def traceparent_of_cause(self, traceparent: str) -> str:
        if traceparent:
            return _parts.get().get(traceparent, traceparent)
        span = get_current_span()
        return _text(span) if span.is_recording() else ""

    def current_ids(self) -> tuple[str, str] | None:
        ids = get_current_span().get_span_context()
        return (f"{ids.trace_id:032x}", f"{ids.span_id:016x}") if ids.is_valid else None

    def stop(self, *, timeout: float) -> None:
        trace_statements(None)
        self._processor.stop(timeout=timeout)


class HttpSpan:
    """A `RequestSpan`: what it records has nothing of headers, bodies, queries and addresses."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method
        self.traceparent = _text(span)

    def end(self, *, status: int, route: str, attributes: Mapping[str, str]) -> None:
        if self._span.is_recording():
            self._span.set_attributes({"http.response.status_code": status, **attributes})
            if route:
                self._span.update_name(f"{self._method} {route}")
                self._span.set_attribute("http.route", route)
            if status >= 500:
                _fail(self._span, str(status))
        self._span.end()


class _Batch(BatchSpan):
    def __init__(self, span: Span, parts: Mapping[Part, Span]) -> None:
        self._span = span
        self._parts = parts
        self.traceparents = {part.traceparent: _text(own) for part, own in parts.items()}
        for own in parts.values():
            own.add_link(span.get_span_context())

    def traceparent_of(self, traceparent: str) -> str:
        return self.traceparents.get(traceparent, traceparent)

    def fail(self, traceparent: str, reason: str) -> None:
        for part, span in self._parts.items():
            if part.traceparent == traceparent:
                _fail(span, reason)

    def fail_all(self, reason: str) -> None:
        for span in (self._span, *self._parts.values()):
            _fail(span, reason)

    def end(self) -> None:
        for span in (*self._parts.values(), self._span):
            span.end()


def _destination(topic: str) -> dict[str, str]:
    return {"messaging.destination.name": topic} if topic else {}


def _grouped(parts: Iterable[Part]) -> dict[Part, int]:
    """How many parts there are of each trace and type of event; the order's id stays where it is the only one."""
    counts = Counter[tuple[str, str, str]]()
    order_ids: dict[tuple[str, str, str], str] = {}
    for part in parts:
        name = part.traceparent, part.event, part.topic
        counts[name] += 1
        order_ids[name] = part.order_id if order_ids.get(name, part.order_id) == part.order_id else ""
    return {Part(*name[:2], order_ids[name], name[2]): count for name, count in counts.items()}


def _context_of_batch() -> Context:
    """The context of the request that does the work itself, such as a replay; otherwise that of a trace of its own."""
    return contexts.get_current() if get_current_span().is_recording() else _NOWHERE


def _remote(traceparent: str) -> Context:
    """The context of a span elsewhere; that of nothing where the text is empty."""
    if not traceparent:
        return _NOWHERE
    return trace.set_span_in_context(NonRecordingSpan(_span_context(traceparent)), _NOWHERE)


def _span_context(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _text(span: Span) -> str:
    ids = span.get_span_context()
    return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags & 1:02x}"


def _fail(span: Span, reason: str) -> None:
    """The reason is a class or a code: messages of errors may have personal data in them."""
    span.set_status(Status(StatusCode.ERROR))
    span.set_attribute("error.type", reason)
