"""A round of `benchmarks.overload`: the peak under open load, two floods of ten times that, and growth."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.cpu import OTHERS, cpu_shares
from benchmarks.flood import Flood, LoadResult
from benchmarks.instance import Instance
from benchmarks.load import run_flood
from benchmarks.orders import single_bodies
from devstack.console import Say

TIMES = 10
FIRST_RATE, STEP = 250.0, 1.3
MIN_ACCEPTED = 0.85  # of a load, for a higher one to be tried
WARM_UP = 1.5  # seconds


@dataclass(frozen=True)
class Size:
    """The size of the web server, and its and the relay's connections to the database."""

    megabytes: float
    threads: int
    connections: int

    @classmethod
    def of(cls, ours: Instance) -> "Size":
        web = ours.families["web"].family()
        return cls(
            sum(process.memory_info().rss for process in web) / 1024**2,
            sum(process.num_threads() for process in web),
            ours.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'orderflow'"),
        )


@dataclass(frozen=True)
class Load:
    """A load and its result. `cores`: CPU of the product, PostgreSQL and Kafka; `others`: of all other processes."""

    rate: float
    result: LoadResult
    cores: float
    others: float

    @property
    def goodput(self) -> float:
        """Orders accepted a second."""
        return len(self.result.accepted) / self.result.seconds

    @property
    def per_cpu(self) -> float:
        """Orders accepted for each second of CPU."""
        return self.goodput / self.cores


@dataclass(frozen=True)
class Round:
    """The loads of a round, and the server's size after the first flood (`between`) and after the second (`after`)."""

    peak: Load
    floods: tuple[Load, Load]
    between: Size
    after: Size


def measure_round(ours: Instance, *, seconds: float, connections: int, say: Say) -> Round:
    """Raises:
    BenchmarkError: something failed, or events are not published afterwards.
    """

    def load(rate: float) -> Load:
        done = _run(ours, rate, seconds, connections)
        say(as_line(done))
        ours.wait_published()
        return done

    say(HEADER)
    load(FIRST_RATE)  # warm-up
    peak = _climb(load)
    first, between = load(TIMES * peak.goodput), Size.of(ours)
    second, after = load(TIMES * peak.goodput), Size.of(ours)
    return Round(peak, (first, second), between, after)


def _climb(load: Callable[[float], Load]) -> Load:
    """The load with the highest goodput, of rising ones up to the first that is too high."""
    steps = [load(FIRST_RATE)]
    while steps[-1].goodput > MIN_ACCEPTED * steps[-1].rate:
        steps.append(load(STEP * steps[-1].rate))
    return max(steps, key=lambda done: done.goodput)


def _run(ours: Instance, rate: float, seconds: float, connections: int) -> Load:
    head = (
        f"POST /orders HTTP/1.1\r\nHost: 127.0.0.1:{ours.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ours.token}\r\n"
    )
    flood = Flood(
        ours.port, head, single_bodies(), rate, WARM_UP + seconds, WARM_UP, connections, core=generators_core()
    )
    with cpu_shares(ours.families) as cpu:
        result = run_flood(flood)
    return Load(rate, result, sum(cpu[name] for name in ours.families), cpu[OTHERS])


_CORES = sorted(os.sched_getaffinity(0))


def generators_core() -> int | None:
    """The core of the load generator: the last one; None if there is only one."""
    return _CORES[-1] if len(_CORES) > 1 else None


def leave_the_generators_core() -> None:
    """Keep this process and its future children to the other cores."""
    if len(_CORES) > 1:
        os.sched_setaffinity(0, _CORES[:-1])


def milliseconds(sorted_seconds: list[float], share: float) -> float:
    """A percentile in milliseconds; 0 of an empty list."""
    return sorted_seconds[int(len(sorted_seconds) * share)] * 1000 if sorted_seconds else 0.0


HEADER = (
    f"{'offered':>8}{'accepted':>10}{'a CPU-s':>9}{'ms p50':>8}{'p99':>6}"
    f"{'rejected':>10}{'ms p50':>8}{'p99':>6}{'connections':>13}{'generator':>11}{'others':>11}"
)


def as_line(load: Load) -> str:
    """A load as a line below HEADER, in requests a second and cores."""
    accepted, rejected = load.result.accepted, load.result.rejected
    rejections = len(rejected) / load.result.seconds
    return (
        f"{load.rate:>8.0f}{load.goodput:>10.0f}{load.per_cpu:>9.0f}"
        f"{milliseconds(accepted, 0.5):>8.0f}{milliseconds(accepted, 0.99):>6.0f}"
        f"{rejections:>10.0f}{milliseconds(rejected, 0.5):>8.0f}{milliseconds(rejected, 0.99):>6.0f}"
        f"{load.result.connections:>13}{load.result.cpu:>11.2f}{load.others:>11.2f}  {load.result.others or ''}"
    )
