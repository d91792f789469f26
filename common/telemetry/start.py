"""Starting the tracer of a process, by TRACES."""

import os
import uuid

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from common.telemetry.export import BoundedProcessor, otlp_exporter
from common.telemetry.sampling import sampler
from common.telemetry.sql import MAX_TEXT
from common.telemetry.tracer import MAX_LINKS, OpenTelemetryTracer
from common.tracing import TraceSettings

# All of them, because the library takes those that are left out from the environment, and fails on wrong ones.
_LIMITS = SpanLimits(
    max_attributes=64,
    max_span_attributes=64,
    max_event_attributes=16,
    max_link_attributes=16,
    max_events=16,
    max_links=MAX_LINKS,
    max_attribute_length=MAX_TEXT,
    max_span_attribute_length=MAX_TEXT,
)


def start(settings: TraceSettings, exporter: SpanExporter | None = None) -> OpenTelemetryTracer:
    """A tracer with a thread that exports. It is not OpenTelemetry's global one: nothing else makes spans here.

    Args:
        exporter: for tests; by default OTLP over HTTP.
    """
    provider = TracerProvider(
        sampler=sampler(settings),
        resource=Resource.create(_attributes(settings)),
        shutdown_on_exit=False,  # it would wait for half a minute where the collector is away
        span_limits=_LIMITS,
    )
    processor = BoundedProcessor(exporter or otlp_exporter(settings), interval_ms=settings.interval_ms)
    provider.add_span_processor(processor)
    return OpenTelemetryTracer(provider, processor)


def _attributes(settings: TraceSettings) -> dict[str, str | int]:
    return {
        "service.name": settings.service_name,
        "service.instance.id": str(uuid.uuid4()),
        "process.pid": os.getpid(),
    }
