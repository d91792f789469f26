"""(a) and (b): orders a second over HTTP, one or a hundred a request, among pgbench and other implementations."""

import time
from collections.abc import Mapping
from dataclasses import replace

from benchmarks.cpu import GENERATOR, cpu_shares
from benchmarks.generator import Load
from benchmarks.instance import Instance
from benchmarks.load import run_load
from benchmarks.orders import bulk_bodies, single_bodies
from benchmarks.pgbench import run_pgbench
from benchmarks.rival import Rival
from benchmarks.samples import Results, Sample
from devstack.processes.process import Process

CLIENTS = (8, 32)
BULK_CLIENTS, BULK_SIZE = CLIENTS[0], 100  # as many clients as of the single orders that bulk is compared with
WARM_UP = 1.0  # seconds
LIVE_TIMEOUT = 120.0  # seconds


def measure_intake(ours: Instance, rivals: Mapping[str, Rival], *, seconds: float, results: Results) -> None:
    """Measure one round: each load for so many seconds, one after the other. `rivals`: by name."""
    for clients in CLIENTS:
        results.add(f"single {clients}", post_singles(ours, clients=clients, seconds=seconds))
        for name, rival in rivals.items():
            results.add(f"{name} {clients}", _post_to(rival, clients=clients, seconds=seconds))
        results.add(f"pgbench {clients}", _pgbench(ours, clients=clients, seconds=seconds))
    results.add("bulk", _post_bulk(ours, seconds=seconds))


def post_singles(ours: Instance, *, clients: int, seconds: float) -> Sample:
    """Measure `POST /orders` by so many clients; returns once all events are published, which is not measured."""
    how = {"clients": clients, "warm_up": WARM_UP, "seconds": seconds}
    load = ours.load("/orders", single_bodies(), key_prefix=f"{clients}-", **how)
    return _published(ours, _post(load, ours.families))


def _post_to(rival: Rival, *, clients: int, seconds: float) -> Sample:
    load = rival.load(clients=clients, warm_up=WARM_UP, seconds=seconds)
    return _post(load, rival.families)


def measure_live(ours: Instance, *, seconds: float, results: Results) -> None:
    """Measure `POST /orders` while consumers handle the orders on the same machine.

    `Results.lags_s` has the time from the last response to the last invoice, which shows whether consumers keep up.
    """
    for clients in CLIENTS:
        how = {"clients": clients, "warm_up": WARM_UP, "seconds": seconds}
        load = ours.load("/orders", single_bodies(), key_prefix=f"live-{clients}-", **how)
        sample = _post(load, ours.families)
        ended = time.perf_counter()
        ours.wait_invoiced(ours.orders(), seconds=LIVE_TIMEOUT)
        results.lags_s.append(time.perf_counter() - ended)
        results.add(f"live {clients}", sample)
        ours.wait_settled()


def _post_bulk(ours: Instance, *, seconds: float) -> Sample:
    how = {"clients": BULK_CLIENTS, "warm_up": WARM_UP, "seconds": seconds}
    load = ours.load("/orders/bulk", bulk_bodies(BULK_SIZE), expect=200, key_prefix="bulk-", **how)
    return _published(ours, _post(load, ours.families, orders=BULK_SIZE))


def _post(load: Load, families: Mapping[str, Process], *, orders: int = 1) -> Sample:
    """Measure a load; `orders` are the orders of each request."""
    with cpu_shares(families) as cpu:
        outcome = run_load(load)
    return Sample(
        rate=outcome.answered * orders / outcome.seconds,
        cpu=cpu | {GENERATOR: round(outcome.cpu, 3)},
        p50_ms=outcome.p50_ms,
        p95_ms=outcome.p95_ms,
        p99_ms=outcome.p99_ms,
    )


def _published(ours: Instance, sample: Sample) -> Sample:
    """The sample with the number of unpublished events; waits for these, so that the next load is not affected."""
    sample = replace(sample, unpublished=ours.waiting_events())
    ours.wait_published()
    return sample


def _pgbench(ours: Instance, *, clients: int, seconds: float) -> Sample:
    with cpu_shares(ours.families) as cpu:
        rate = run_pgbench(ours.database_url, clients=clients, seconds=seconds)
    return Sample(rate=rate, cpu=cpu)
