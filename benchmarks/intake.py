"""(a) and (b): orders a second over HTTP, one or a hundred a request, among pgbench and other implementations."""

import time
from collections.abc import Mapping
from dataclasses import replace

from benchmarks.cpu import GENERATOR, cpu_shares
from benchmarks.generator import Load, Outcome
from benchmarks.instance import Instance
from benchmarks.load import require_stored, run_load
from benchmarks.orders import bulk_bodies, single_bodies
from benchmarks.pgbench import run_pgbench
from benchmarks.rival import Rival
from benchmarks.samples import Results, Sample

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
    results.add("bulk", post_bulk(ours, seconds=seconds))


def post_singles(ours: Instance, *, clients: int, seconds: float) -> Sample:
    """Measure `POST /orders` by so many clients; returns once all events are published, which is not measured."""
    how = {"clients": clients, "warm_up": WARM_UP, "seconds": seconds}
    load = ours.load("/orders", single_bodies(), key_prefix=f"{clients}-", **how)
    return _published(ours, _sample(*_post(load, ours)))


def _post_to(rival: Rival, *, clients: int, seconds: float) -> Sample:
    load = rival.load(clients=clients, warm_up=WARM_UP, seconds=seconds)
    return _sample(*_post(load, rival))


def measure_live(ours: Instance, *, seconds: float, results: Results) -> None:
    """Measure `POST /orders` while consumers handle the orders on the same machine.

    `Results.lags_s` has the time from the last response to the last invoice, which shows whether consumers keep up.
    """
    for clients in CLIENTS:
        how = {"clients": clients, "warm_up": WARM_UP, "seconds": seconds}
        load = ours.load("/orders", single_bodies(), key_prefix=f"live-{clients}-", **how)
        outcome, cpu = _post(load, ours)
        ours.wait_invoiced(ours.stored(), seconds=LIVE_TIMEOUT)
        results.lags_s.append(max(0.0, time.time() - outcome.last_at))
        results.add(f"live {clients}", _sample(outcome, cpu))
        ours.wait_settled()


def post_bulk(ours: Instance, *, seconds: float) -> Sample:
    """Measure `POST /orders/bulk`, as `post_singles` does."""
    how = {"clients": BULK_CLIENTS, "warm_up": WARM_UP, "seconds": seconds}
    load = ours.load("/orders/bulk", bulk_bodies(BULK_SIZE), expect=200, key_prefix="bulk-", **how)
    return _published(ours, _sample(*_post(load, ours, orders=BULK_SIZE), orders=BULK_SIZE))


def _post(load: Load, to: Instance | Rival, *, orders: int = 1) -> tuple[Outcome, dict[str, float]]:
    """Measure a load, with the CPU that it took; `orders` are the orders of each request."""
    before = to.stored()
    with cpu_shares(to.families) as cpu:
        outcome = run_load(load)
    require_stored(to.stored() - before, outcome, orders=orders)
    return outcome, cpu | {GENERATOR: round(outcome.cpu, 3)}


def _sample(outcome: Outcome, cpu: dict[str, float], *, orders: int = 1) -> Sample:
    return Sample(
        rate=outcome.answered * orders / outcome.seconds,
        cpu=cpu,
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
