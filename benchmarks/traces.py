"""What traces cost: CPU of the product for an order from placed to invoiced, without traces, with 1 % and with all.

    .venv/bin/python -m benchmarks.traces        # about three minutes

Three instances run at once, each with a database and topics of its own. A round gives each of them the same orders, one
after the other; ratios are taken within a round, and their median counts. CPU is that of the product's processes,
without PostgreSQL and Kafka. The collector is a server in this process that takes everything and looks at nothing.
"""

import argparse
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from benchmarks.command_line import run_command
from benchmarks.cpu import cpu_seconds
from benchmarks.instance import Instance, instance
from benchmarks.load import run_load
from benchmarks.orders import single_bodies
from benchmarks.servers import Servers, running_servers
from benchmarks.template import build_template
from devstack.console import Say

CLIENTS = 8
OFF = "off"


def kinds(endpoint: str) -> Mapping[str, Mapping[str, str]]:
    """The settings of each kind of instance."""
    on = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    return {
        OFF: {},
        "1 %": {**on, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"},
        "all": on,
    }


def measure(servers: Servers, token: str, *, rounds: int, orders: int, say: Say) -> dict[str, list[float]]:
    """Milliseconds of CPU for an order, by kind, one for each round."""
    costs: dict[str, list[float]] = {}
    with _collector() as endpoint, ExitStack() as stack:
        instances: dict[str, Instance] = {}
        for name, settings in kinds(endpoint).items():
            say(f"Starting: {name}")
            label = f"traces_{len(instances)}"
            instances[name] = stack.enter_context(instance(servers, token, label, **settings))
        for number in range(-1, rounds):
            names = list(instances)
            for name in names[number % 3 :] + names[: number % 3]:
                cost = _cost(instances[name], servers, orders, number)
                if number >= 0:  # the first round loads and plans what is loaded and planned once
                    costs.setdefault(name, []).append(cost)
            say(f"Round {number + 1} of {rounds}")
    return costs


def _cost(ours: Instance, servers: Servers, orders: int, number: int) -> float:
    product = {name: process for name, process in ours.families.items() if name not in servers.families}
    began = sum(cpu_seconds(product).values())
    run_load(ours.load("/orders", single_bodies(), key_prefix=f"{number}-", clients=CLIENTS, requests=orders))
    ours.wait_settled()
    return 1000 * (sum(cpu_seconds(product).values()) - began) / orders


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
    with running_servers(say) as servers:
        costs = measure(servers, build_template(servers), rounds=rounds, orders=orders, say=say)
    for name, found in costs.items():
        ratios = [cost / off for cost, off in zip(found, costs[OFF], strict=True)]
        print(f"{name:<6}{median(found):>8.3f} ms CPU an order{median(ratios):>8.3f} × off   {_range(ratios)}")
    return 0


def _range(ratios: list[float]) -> str:
    return f"{min(ratios):.3f} to {max(ratios):.3f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traces")
    parser.add_argument("--rounds", type=int, default=12, help="(%(default)s)")
    parser.add_argument("--orders", type=int, default=500, help="of each instance in a round (%(default)s)")
    chosen = parser.parse_args()
    return run_command(lambda say: _run(chosen.rounds, chosen.orders, say), name="benchmarks.traces")


if __name__ == "__main__":
    raise SystemExit(main())
