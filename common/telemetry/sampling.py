"""Which traces are recorded: of requests by OTEL_TRACES_SAMPLER, of batches where they are part of such a trace."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from common.tracing import TraceSettings


class BatchesAsTheirParts(Sampler):
    """A sampler that records each batch: one has links, and none is begun that does nothing for a recorded trace.

    By the ratio alone nearly all links would point to nothing.
    """

    def __init__(self, requests: Sampler) -> None:
        self._requests = requests

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        is_batch = bool(links) or get_current_span(parent_context).is_recording()
        sampler = ALWAYS_ON if is_batch else self._requests
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"BatchesAsTheirParts{{{self._requests.get_description()}}}"


def sampler(settings: TraceSettings) -> Sampler:
    """The sampler that OTEL_TRACES_SAMPLER names."""
    name = settings.sampler.removeprefix("parentbased_")
    root = {"always_on": ALWAYS_ON, "always_off": ALWAYS_OFF}.get(name) or TraceIdRatioBased(settings.ratio)
    return BatchesAsTheirParts(root if name == settings.sampler else ParentBased(root))
