"""A collector of OpenTelemetry in this process: it takes OTLP over HTTP, and tells what it was sent."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

BATCH = " batch"  # the end of the name of a batch's span


@dataclass(frozen=True)
class Span:
    """A span as it came. `links` are trace and span ids."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    failed: bool
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    resource: dict[str, Any]

    @property
    def is_batch(self) -> bool:
        return self.name.endswith(BATCH)


@dataclass
class Collector:
    url: str
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)

    def take(self, headers: dict[str, str], body: bytes) -> None:
        self.headers.append(headers)
        self.bodies.append(body)
        self.spans += spans_of(body)

    def trace(self, trace_id: str) -> list[Span]:
        return [span for span in list(self.spans) if span.trace_id == trace_id]

    def named(self, name: str, **attributes: Any) -> list[Span]:
        found = [span for span in list(self.spans) if span.name == name]
        return [span for span in found if attributes.items() <= span.attributes.items()]


def spans_of(body: bytes) -> Iterator[Span]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    kind=span.kind,
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    attributes=_values(span.attributes),
                    resource=resource,
                )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collector(body: Callable[[], Iterator[bytes]] | None = None) -> Iterator[Collector]:
    """A collector that runs; while `answering` is clear, it takes requests and does not respond.

    With `body` its responses are what that yields, and end with it.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            found.answering.wait(30)
            found.take(dict(self.headers), gzip.decompress(sent) if self.headers["Content-Encoding"] else sent)
            self.send_response(200)
            if body is None:
                self.send_header("Content-Length", "0")
            self.end_headers()
            if body is not None:
                with suppress(OSError):  # nobody listens any more
                    self.wfile.writelines(body())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Collector(f"http://127.0.0.1:{server.server_port}")
    found.answering.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        found.answering.set()
        server.shutdown()
        server.server_close()
