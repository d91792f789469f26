"""Sending spans to the collector, by a thread of its own. What comes too fast or can't be sent is dropped, counted."""

import io
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from common.telemetry.metrics import DROPPED, EXPORTED
from common.tracing import TraceSettings

QUEUE_SIZE = 4096  # spans that may wait, at one or two kilobytes each
BATCH_SIZE = 512
TIMEOUT = 5  # seconds for a batch, with all tries
RESPONSE_SIZE = 64 * 1024  # bytes that are read of a collector's response


class BoundedProcessor(BatchSpanProcessor):
    """The library's, except that new spans are dropped where it would drop old ones, and that they are counted."""

    def __init__(self, exporter: SpanExporter, *, interval_ms: int) -> None:
        self._lock = threading.Lock()
        self._queued = 0
        super().__init__(
            _CountingExporter(exporter, self._taken),
            max_queue_size=QUEUE_SIZE,
            schedule_delay_millis=interval_ms,
            max_export_batch_size=BATCH_SIZE,
            export_timeout_millis=TIMEOUT * 1000,
        )

    def on_end(self, span: ReadableSpan) -> None:
        if not (span.context and span.context.trace_flags.sampled):
            return
        with self._lock:
            is_full = self._queued >= QUEUE_SIZE
            self._queued += not is_full
        if is_full:
            DROPPED.labels("queue_full").inc()
        else:
            super().on_end(span)

    def _taken(self, number: int) -> None:
        with self._lock:
            self._queued -= number

    def stop(self, *, timeout: float) -> None:
        """Send what is queued, for so many seconds at most.

        The library's `shutdown` waits for half a minute, so it is called in a thread that may be left.
        """
        thread = threading.Thread(target=self.shutdown, name="stop-tracing", daemon=True)
        thread.start()
        thread.join(timeout)
        if thread.is_alive():
            self.span_exporter.shutdown()  # it sleeps between two tries, perhaps
        DROPPED.labels("export_failed").inc(self._queued)


class _CountingExporter(SpanExporter):
    def __init__(self, exporter: SpanExporter, taken: Callable[[int], None]) -> None:
        self._exporter = exporter
        self._taken = taken

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._taken(len(spans))
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is SpanExportResult.SUCCESS:
                EXPORTED.inc(len(spans))
            else:
                DROPPED.labels("export_failed").inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _BoundedAdapter(HTTPAdapter):
    """The library's, except that of a response no more is read than fits in, and for no longer than a batch may take.

    By itself it reads to the end, and each piece has the time limit anew: a response without an end, from whatever is
    at the collector's address, would fill the memory, and spans would never be sent again.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        until = time.monotonic() + TIMEOUT
        response = super().send(request, *args, **kwargs)
        response.raw = io.BytesIO(_beginning(response.raw, until))
        return response


def _beginning(body: Any, until: float) -> bytes:
    """What comes of a body in time, up to RESPONSE_SIZE. Of one that goes on the connection is closed."""
    found = b""
    try:
        while piece := body.read1(RESPONSE_SIZE):
            found += piece
            if len(found) >= RESPONSE_SIZE or time.monotonic() >= until:
                body.close()
                break
    except HTTPError:  # it breaks off: the status has come, and says whether the spans were taken
        body.close()
    return found


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter())
    return session


def otlp_exporter(settings: TraceSettings) -> SpanExporter:
    return OTLPSpanExporter(
        endpoint=settings.endpoint,
        certificate_file=settings.certificate or None,
        headers=dict(settings.headers),
        timeout=TIMEOUT,
        compression=Compression(settings.compression),
        session=_session(),
    )
