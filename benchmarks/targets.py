"""The targets of the measurements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.samples import Results
from devstack.kafka.broker import Kafka

Measured = Callable[[Results], float | None]


@dataclass(frozen=True)
class Target:
    """A target: at least `limit`, or at most where `at_most`; a miss is a fault. `goal` is what it should become."""

    title: str
    measured: Measured
    limit: float
    unit: str
    goal: float | None = None
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return self._reaches(value, self.limit)

    def verdict(self, value: float) -> str:
        if self.goal is not None and self._reaches(value, self.goal):
            return "goal reached"
        return "met" if self.is_met(value) else "MISSED"

    def _reaches(self, value: float, limit: float) -> bool:
        return value <= limit if self.at_most else value >= limit

    def text(self, value: float) -> str:
        return f"{value:.{0 if self.unit in ('%', 'ms', 'MB') else 2 if value < 3 else 1}f} {self.unit}"


def _times(name: str, to: str) -> Measured:
    return lambda results: results.ratio(name, to)


def _percent(name: str, of: str) -> Measured:
    return lambda results: None if (ratio := results.ratio(name, of)) is None else 100 * ratio


def _of_a_core_second(name: str, of: str) -> Measured:
    """Percent: orders for each second of CPU, of all processes but the load generator, to another measurement's."""

    def measured(results: Results) -> float | None:
        pairs = list(zip(results.samples.get(name, ()), results.samples.get(of, ()), strict=False))
        return median(100 * each.rate_of_a_core / other.rate_of_a_core for each, other in pairs) if pairs else None

    return measured


def _median_in_hops(results: Results) -> float | None:
    return median(results.in_hops) if results.in_hops else None


def _latest(results: Results) -> float | None:
    return median(results.late_s) if results.late_s else None


def _median_latency(results: Results) -> float | None:
    return median(results.latencies_ms) if results.latencies_ms else None


def _largest(results: Results) -> float | None:
    return max((peak for name, peak in results.peak_mb.items() if name != Kafka.name), default=None)


def _longest_lag(results: Results) -> float | None:
    return max(results.lags_s, default=None)


TARGETS: Sequence[Target] = (
    Target("live, 8 clients, to the Go service", _times("live 8", "go 8"), 0.6, "×", goal=1),
    Target("live, 32 clients, to the Go service", _times("live 32", "go 32"), 1.5, "×", goal=2.5),
    Target("live: last response to last invoice, at most", _longest_lag, 3, "s", at_most=True),
    Target("POST /orders, 8 clients, to the Go service", _times("single 8", "go 8"), 0.9, "×", goal=1.3),
    Target("POST /orders, 8 clients, of pgbench", _percent("single 8", "pgbench 8"), 40, "%", goal=55),
    Target("POST /orders, 32 clients, to the Go service", _times("single 32", "go 32"), 2.5, "×", goal=3.5),
    Target("bulk of 100, to the Go service's posts", _times("bulk", "go 8"), 7, "×", goal=10),
    Target("chain, to the Go service's posts", _times("chain", "go 8"), 2, "×", goal=3),
    Target("placed to invoiced at rest, in bare hops", _median_in_hops, 6, "hops", goal=5, at_most=True),
    Target("live, orders a core second, of pgbench's", _of_a_core_second("live 8", "pgbench 8"), 20, "%", goal=30),
    Target("late for strangers' reads of 2 s", _latest, 0.2, "s", at_most=True),
    Target("POST /orders, 8 clients, to ordinary", _times("single 8", "ordinary 8"), 6, "×"),
    Target("POST /orders, 32 clients, of pgbench", _percent("single 32", "pgbench 32"), 30, "%"),
    Target("bulk of 100, to single posts of 8 clients", _times("bulk", "single 8"), 8, "×"),
    Target("chain, to single posts of 8 clients", _times("chain", "single 8"), 1.5, "×"),
    Target("placed to invoiced at rest, median", _median_latency, 60, "ms", at_most=True),
    Target("largest process", _largest, 300, "MB", at_most=True),
    Target("Kafka", lambda results: results.peak_mb.get(Kafka.name), 700, "MB", at_most=True),
    Target("import of the nine days, all invoiced", lambda results: results.import_seconds, 30, "s", at_most=True),
)
