"""What traces cost: CPU of the product for an order from placed to invoiced, without traces, with 1 % and with all.

    .venv/bin/python -m benchmarks.traces        # about five minutes

How it is measured: benchmarks/variants.py. CPU is that of the product's processes, without PostgreSQL and Kafka. The
collector is a server in this process that takes everything and looks at nothing.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.servers import running_servers
from benchmarks.template import build_template
from benchmarks.variants import Settings, compared, measure, run_comparison
from devstack.console import Say

OFF = "off"


def variants(endpoint: str) -> Mapping[str, Settings]:
    """The settings of each instance."""
    on = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    return {
        OFF: {},
        "1 %": {**on, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"},
        "all": on,
    }


@contextmanager
def _collector() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _run(rounds: int, orders: int, say: Say) -> int:
    with running_servers(say) as servers, _collector() as endpoint:
        token, kinds = build_template(servers), variants(endpoint)
        costs = measure(servers, token, kinds, rounds=rounds, orders=orders, without=servers.families, say=say)
    for name in costs:
        print(compared(costs, name, OFF))
    return 0


if __name__ == "__main__":
    raise SystemExit(run_comparison("benchmarks.traces", _run))
