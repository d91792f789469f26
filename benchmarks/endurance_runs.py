"""The endurance runs: one chain after the other, or a constant load for a long time."""

import threading
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.chain import measure_chain, wait_for_consumers
from benchmarks.endurance_load import PacedLoad
from benchmarks.endurance_watch import Watch
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance
from benchmarks.intake import post_singles
from benchmarks.orders import single_bodies
from benchmarks.servers import Servers
from devstack.console import Say
from devstack.errors import DevstackError
from devstack.product import manage

PEAK_CLIENTS, PEAK_SECONDS = 8, 15.0
STEADY_CLIENTS = 8


@dataclass
class Endured:
    """The result of a run: `figures` for the table, and errors, in `broken`."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def endure_chains(ours: Instance, watch: Watch, *, chains: int, backlog: int, say: Say) -> Endured:
    """Have the same processes work through one backlog after the other."""
    endured, rates = Endured(), []
    wait_for_consumers(ours)
    for number in range(1, chains + 1):
        try:
            sample = measure_chain(ours, backlog=backlog, name=f"chain{number}")
        except BenchmarkError as error:
            endured.broken.append(f"chain {number}: {error}")
            break
        rates.append(sample.rate)
        say(f"chain {number} of {chains}: {sample.rate:.0f} orders a second")
        _check(watch)
    endured.figures = {
        "chains finished": len(rates),
        "orders": len(rates) * (backlog + 1),
        "orders a second, median": round(median(rates)) if rates else 0,
        "orders a second, least": round(min(rates, default=0)),
        "orders a second, most": round(max(rates, default=0)),
        "rates": [round(rate) for rate in rates],
    }
    return endured


def measure_peak(ours: Instance) -> float:
    """Orders a second from placed to invoiced, while clients post the next order as soon as one is accepted."""
    before, began = ours.invoiced(), time.perf_counter()
    post_singles(ours, clients=PEAK_CLIENTS, seconds=PEAK_SECONDS)
    ours.wait_settled()
    return (ours.invoiced() - before) / (time.perf_counter() - began)


def endure_load(ours: Instance, watch: Watch, *, minutes: float, rate: float, say: Say) -> Endured:
    """Post orders at a constant rate a second, while everything runs."""
    load = ours.load("/orders", single_bodies(), clients=STEADY_CLIENTS, seconds=minutes * 60, key_prefix="steady-")
    paced, stopping, before = PacedLoad(load, rate=rate), threading.Event(), ours.invoiced()
    began = time.perf_counter()
    posting = threading.Thread(target=paced.run, args=[stopping], name="load")
    posting.start()
    try:
        while posting.is_alive():
            posting.join(60)
            say(f"{(time.perf_counter() - began) / 60:.0f} min: {dict(paced.statuses)}, {_latest(watch)}")
            _check(watch)
    finally:
        stopping.set()
        posting.join()
    ours.wait_settled()
    return _of_load(paced, rate, ours.invoiced() - before)


def audit(servers: Servers, ours: Instance, endured: Endured) -> None:
    """Run the audit over everything that was stored, and note its duration."""
    began = time.perf_counter()
    try:
        servers.run("audit", manage("audit_pipeline"), ours.environment)
    except DevstackError as error:
        endured.broken.append(str(error))
    orders = ours.value("SELECT count(*) FROM orders_order")
    endured.figures["audit"] = f"{time.perf_counter() - began:.0f} s for {orders} orders"


def _of_load(paced: PacedLoad, rate: float, invoiced: int) -> Endured:
    accepted = paced.statuses["201"]
    endured = Endured(
        {
            "posts a second": round(rate),
            "answers": dict(paced.statuses),
            "posts skipped because clients were late": paced.skipped,
            "orders accepted": accepted,
            "orders invoiced": invoiced,
        }
    )
    if set(paced.statuses) != {"201"}:
        endured.broken.append(f"answers: {dict(paced.statuses)}")
    if invoiced != accepted:
        endured.broken.append(f"{accepted} orders were accepted, {invoiced} are invoiced")
    return endured


def _latest(watch: Watch) -> str:
    latest = watch.samples[-1] if watch.samples else {}
    return ", ".join(f"{name} {latest[name]:.0f}" for name in ("outbox", "lag", "connections") if name in latest)


def _check(watch: Watch) -> None:
    """Raises:
    BenchmarkError: the watch has failed.
    """
    if watch.failure:
        raise BenchmarkError(f"the watch ended: {watch.failure!r}") from watch.failure
