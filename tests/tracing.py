"""Traces in this process: spans are kept instead of sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from common import tracing
from common.telemetry.start import start
from common.tracing import TraceSettings

PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


class Recorder:
    """The tracer of the block."""

    def __init__(self, settings: TraceSettings) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracer = start(settings, self._exporter)

    def spans(self) -> list[ReadableSpan]:
        """All spans that have ended, in that order."""
        self.tracer._processor.force_flush()
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans() if span.name == name]


@contextmanager
def recorded(**settings) -> Iterator[Recorder]:
    recorder = Recorder(TraceSettings(endpoint="http://127.0.0.1:9/v1/traces", **settings))
    tracing._tracer = recorder.tracer
    try:
        yield recorder
    finally:
        tracing.stop()
