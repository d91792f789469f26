"""The memory that large responses take: six clients at once place, and then list, 200 orders of 2,000 lines.

    .venv/bin/python -m benchmarks.large_answers

Only the web server runs beside PostgreSQL and Kafka. The exit status is 1 if it took more than the target.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.command_line import run_command
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance, instance
from benchmarks.orders import PRODUCTS, sku
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say
from devstack.ports import LOOPBACK

CLIENTS = 6
ORDERS, LINES, ORDERS_A_REQUEST = 200, 2000, 5
MAX_MB = 400
SAMPLE_INTERVAL = 0.02  # seconds


@dataclass
class Watch:
    """The resident memory of the web server's processes together, in MB."""

    ours: Instance
    peaks: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Note the peak inside the block."""
        done = threading.Event()
        watching = threading.Thread(target=self._sample, args=(what, done))
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()

    def _sample(self, what: str, done: threading.Event) -> None:
        while True:
            self.peaks[what] = max(self.peaks.get(what, 0.0), self._resident())
            if done.wait(SAMPLE_INTERVAL):
                return

    def _resident(self) -> float:
        return sum(map(_resident, self.ours.families["web"].family())) / 1024**2


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def measure(say: Say) -> dict[str, float]:
    """The peak memory of each phase, in MB.

    Raises:
        BenchmarkError, DevstackError: something did not work.
    """
    with running_servers(say) as servers:
        token = build_template(servers)
        with instance(servers, token, "large", {"web"}) as ours:
            watch = Watch(ours)
            with watch.during("at rest"):
                _get(ours, "/orders")
            say(f"{CLIENTS} clients place {ORDERS} orders of {LINES} lines")
            with watch.during("placed in bulk"):
                _at_once(lambda body: _place(ours, body), _bodies())
            for attempt in ("listed", "listed again"):
                say(f"{CLIENTS} clients read the whole list")
                with watch.during(attempt):
                    _at_once(lambda _: _read_list(ours), range(CLIENTS))
            return watch.peaks


def _at_once(work: Callable[[Any], None], items: Sequence[Any]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, items))


def _bodies() -> list[str]:
    lines = [{"sku": sku(number % PRODUCTS), "quantity": 1} for number in range(LINES)]
    order = {"customer_id": "C-1", "lines": lines}
    return [json.dumps({"orders": [order] * ORDERS_A_REQUEST})] * (ORDERS // ORDERS_A_REQUEST)


def _place(ours: Instance, body: str) -> None:
    accepted = _ask(ours, "POST", "/orders/bulk", body)["accepted"]
    if accepted != ORDERS_A_REQUEST:
        raise BenchmarkError(f"{accepted} of {ORDERS_A_REQUEST} orders were accepted")


def _read_list(ours: Instance) -> None:
    path, seen = "/orders?page_size=200", 0
    while path:
        page = _get(ours, path)
        seen += len(page["results"])
        following = urlsplit(page["next"] or "")
        path = f"{following.path}?{following.query}" if page["next"] else ""
    if seen != ORDERS:
        raise BenchmarkError(f"the list has {seen} of {ORDERS} orders")


def _get(ours: Instance, path: str) -> Any:
    return _ask(ours, "GET", path)


def _ask(ours: Instance, method: str, path: str, body: str | None = None) -> Any:
    connection = HTTPConnection(LOOPBACK, ours.port, timeout=120)
    headers = {"Authorization": f"Bearer {ours.token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise BenchmarkError(f"{path} was answered {response.status}: {answer[:500]!r}")
    return json.loads(answer)


def _report(peaks: dict[str, float]) -> int:
    for phase, peak in peaks.items():
        print(f"{phase:<20}{peak:>6.0f} MB")
    met = max(peaks.values()) <= MAX_MB
    print(f"{'wanted':<20}≤ {MAX_MB:>4} MB  {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(run_command(lambda say: _report(measure(say))))
