"""/metrics of a real web server with two workers: the same from both."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.raw_clients import RawClient
from tests.e2e.system import System
from tests.waiting import wait_until

UNFINISHED = b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 70000\r\n\r\n{"


@contextmanager
def stalled(system: System, number: int) -> Iterator[list[RawClient]]:
    """Requests whose bodies do not come, each on a connection of its own, so that all workers get some.

    Each is rejected once its time is over, and counted.
    """
    with ExitStack() as stack:
        clients = [RawClient(system) for _ in range(number)]
        for client in clients:
            stack.enter_context(client.socket)
            client.send(UNFINISHED)
        yield clients


def reject(system: System, number: int) -> None:
    """Have this number of requests rejected and counted."""
    expected = rejected(system) + number
    with stalled(system, number):
        wait_until(lambda: rejected(system) == expected, what="each request is counted once")


def rejected(system: System) -> int:
    """How many requests were rejected before Django, as /metrics has it."""
    text = system.request("GET", "/metrics", headers={"Connection": "close"}).data.decode()
    return sum(int(float(count)) for count in re.findall(r"^orderflow_requests_\w+_total\{.*\} (\S+)$", text, re.M))


def workers(system: System) -> set[int]:
    """The living workers that have counted: each has a file."""
    files = system.folder.glob("orderflow-metrics-*/counter_*.db")
    pids = {int(file.stem.removeprefix("counter_")) for file in files}
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def test_what_all_workers_counted_adds_up_whichever_of_them_is_asked(system):
    before = rejected(system)

    reject(system, 60)

    assert [rejected(system) for _ in range(20)] == [before + 60] * 20


def test_no_reading_is_below_the_one_before_it_although_a_worker_dies(system):
    reject(system, 20)
    readings = [rejected(system)]
    victim = min(workers(system))

    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in workers(system) and len(workers(system)) == 2, what="another one is there")
    with stalled(system, 20):
        wait_until(
            lambda: readings.append(rejected(system)) or readings[-1] == readings[0] + 20, what="all are counted"
        )

    assert readings == sorted(readings)


def test_a_web_server_that_starts_again_counts_from_zero(system):
    reject(system, 1)

    system.stop("web")
    system.start("web")

    assert rejected(system) == 0
