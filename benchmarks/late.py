"""How late orders are answered while strangers' reads hold every thread of their worker that serves no orders."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection

from benchmarks.chain import place_one
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance
from devstack.ports import LOOPBACK

READS = 12  # at once: WEB_THREADS
READ_SECONDS = 2.0
PAUSE = 0.05  # seconds between orders


def measure_late(ours: Instance) -> float:
    """Seconds by which the slowest order of those that were placed during the reads, one after the other, was answered
    later than the slowest one of as long a time without them.

    Without consumers: the reads wait for a table that these use.

    Raises:
        BenchmarkError: the reads failed, or were over too soon.
    """
    usual = _slowest_order(ours, until=time.monotonic() + READ_SECONDS)
    with _reads_under_way(ours) as until:
        meanwhile = _slowest_order(ours, until=until)
    return max(0.0, meanwhile - usual)


def _slowest_order(ours: Instance, *, until: float) -> float:
    slowest = _seconds_of_order(ours)
    while time.monotonic() < until:
        slowest = max(slowest, _seconds_of_order(ours))
    return slowest


def _seconds_of_order(ours: Instance) -> float:
    time.sleep(PAUSE)
    began = time.perf_counter()
    place_one(ours)
    return time.perf_counter() - began


@contextmanager
def _reads_under_way(ours: Instance) -> Iterator[float]:
    """READS requests that wait inside the block; the time at which they will have waited for READ_SECONDS."""
    with ours.database.cursor() as cursor, ThreadPoolExecutor(READS) as pool:
        cursor.execute("BEGIN; LOCK TABLE inventory_stockitem IN ACCESS EXCLUSIVE MODE")
        try:
            reads = [pool.submit(_seconds_of_read, ours) for _ in range(READS)]
            yield time.monotonic() + READ_SECONDS
        finally:
            cursor.execute("COMMIT")
        if (shortest := min(read.result() for read in reads)) < READ_SECONDS:
            raise BenchmarkError(f"a read took only {shortest:.1f} s: it did not wait for the lock")


def _seconds_of_read(ours: Instance) -> float:
    began = time.perf_counter()
    web = HTTPConnection(LOOPBACK, ours.port, timeout=30)
    web.request("GET", "/stock", headers={"Authorization": f"Bearer {ours.token}"})
    response = web.getresponse()
    response.read()
    web.close()
    if response.status != 200:
        raise BenchmarkError(f"GET /stock was answered {response.status}")
    return time.perf_counter() - began
