"""(c) and (d): from placed to invoiced, with a backlog and at rest."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median

from psycopg2 import extensions

from benchmarks.bare_hops import PAUSE, measure_bare_hops
from benchmarks.cpu import cpu_shares
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance
from benchmarks.intake import BULK_CLIENTS, BULK_SIZE
from benchmarks.load import require_stored, run_load
from benchmarks.orders import bulk_bodies, single_bodies
from benchmarks.samples import Results, Sample
from benchmarks.servers import Servers
from devstack.ports import LOOPBACK
from devstack.waiting import wait_until

TIMEOUT = 300  # seconds

OUTBOX_LOCK = 0x6F7574626F78  # that of messaging.outbox.pending: exclusive, it keeps all publishers out


def wait_for_consumers(ours: Instance) -> None:
    """Return once the consumers have joined their groups, which the invoice of an order shows."""
    before = ours.invoiced()
    place_one(ours)
    ours.wait_invoiced(before + 1, seconds=60)
    ours.wait_settled()


def measure_chain(ours: Instance, *, backlog: int, name: str = "backlog") -> Sample:
    """Orders a second from placed to invoiced, with everything running and settled.

    The backlog is placed while this process holds the lock of the whole outbox, so that none of it is published. The
    time begins when the lock is released, and one more order wakes the publishers.

    Args:
        name: unique for each measurement of an instance.
    """
    before = ours.invoiced()
    with holding_outbox_lock(ours.database):
        _place_in_bulk(ours, backlog, key_prefix=f"{name}-")
        waiting = ours.waiting_events()
        if waiting != backlog:
            raise BenchmarkError(f"{waiting} events of {backlog} orders wait: OUTBOX_LOCK is out of date")
    began = time.perf_counter()
    with cpu_shares(ours.families) as cpu:
        place_one(ours)
        ours.wait_invoiced(before + backlog + 1, seconds=TIMEOUT)
        seconds = time.perf_counter() - began
    ours.wait_settled()
    return Sample(rate=(backlog + 1) / seconds, cpu=cpu)


def measure_rest(servers: Servers, ours: Instance, *, orders: int, results: Results) -> None:
    """Measure the milliseconds from sending an order until its invoice can be read, one order at a time, and those of
    as many bare hops.

    The invoice is queried each millisecond; that load is part of the figure.
    """
    latencies = measure_latencies(ours, orders=orders, results=results)
    hops = measure_bare_hops(servers, ours, orders)
    results.hops_ms += hops
    results.in_hops.append(median(latencies) / median(hops))


def measure_latencies(ours: Instance, *, orders: int, results: Results) -> list[float]:
    """The milliseconds of `measure_rest` without bare hops."""
    latencies = [_rest(ours, results) for _ in range(orders)]
    ours.wait_settled()
    results.latencies_ms += latencies
    return latencies


def _rest(ours: Instance, results: Results) -> float:
    time.sleep(PAUSE)
    began = time.perf_counter()
    order_id = place_one(ours)
    results.answers_ms.append((time.perf_counter() - began) * 1000)
    _wait_invoice(ours, order_id)
    return (time.perf_counter() - began) * 1000


def _wait_invoice(ours: Instance, order_id: str) -> None:
    query = "SELECT 1 FROM invoicing_invoice WHERE order_id = %s"
    if not wait_until(lambda: ours.value(query, order_id) == 1, seconds=30, every=0.001):
        raise BenchmarkError(f"order {order_id} is not invoiced after 30 s")


def place_one(ours: Instance) -> str:
    """Place an order; returns its id."""
    web = HTTPConnection(LOOPBACK, ours.port, timeout=30)
    headers = {"Authorization": f"Bearer {ours.token}", "Content-Type": "application/json"}
    web.request("POST", "/orders", single_bodies()[0], headers)
    response = web.getresponse()
    body = response.read()
    web.close()
    if response.status != 201:
        raise BenchmarkError(f"POST /orders was answered {response.status}: {body.decode(errors='replace')}")
    return str(json.loads(body)["id"])


@contextmanager
def holding_outbox_lock(database: extensions.connection) -> Iterator[None]:
    """Keep all publishers out during the block."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [OUTBOX_LOCK])
        yield
        cursor.execute("SELECT pg_advisory_unlock(%s)", [OUTBOX_LOCK])


def _place_in_bulk(ours: Instance, orders: int, *, key_prefix: str) -> None:
    how = {"clients": BULK_CLIENTS, "requests": orders // BULK_SIZE}
    load = ours.load("/orders/bulk", bulk_bodies(BULK_SIZE), expect=200, key_prefix=key_prefix, **how)
    before = ours.stored()
    outcome = run_load(load)
    require_stored(ours.stored() - before, outcome, orders=BULK_SIZE)
