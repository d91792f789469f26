"""How late orders are answered while strangers' reads hold every thread of their worker that serves no orders."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median

from benchmarks.chain import place_one
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance
from devstack.ports import LOOPBACK

READS = 12  # at once: WEB_THREADS
READ_SECONDS = 2.0
ORDERS = 20  # before the reads, one after the other
PAUSE = 0.05  # seconds between orders


def measure_late(ours: Instance) -> float:
    """Seconds by which the slowest order of those that were placed during the reads, one after the other, was answered
    later than orders are in the median without them.

    Without consumers: the reads wait for a table that these use.

    Raises:
        BenchmarkError: the reads failed, or were over too soon.
    """
    usual = median(_seconds_of_order(ours) for _ in range(ORDERS))
    with _reads_under_way(ours) as until:
        meanwhile = [_seconds_of_order(ours)]
        while time.monotonic() < until:
            meanwhile.append(_seconds_of_order(ours))
    return max(meanwhile) - usual


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
