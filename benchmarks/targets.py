"""The targets of the measurements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.samples import Results
from devstack.kafka.broker import Kafka

Measured = Callable[[Results], float | None]


@dataclass(frozen=True)
class Target:
    """A target: at least `limit`, or at most where `at_most`."""

    title: str
    measured: Measured
    limit: float
    unit: str
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.limit if self.at_most else value >= self.limit

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


def _median_latency(results: Results) -> float | None:
    return median(results.latencies_ms) if results.latencies_ms else None


def _largest(results: Results) -> float | None:
    return max((peak for name, peak in results.peak_mb.items() if name != Kafka.name), default=None)


def _longest_lag(results: Results) -> float | None:
    return max(results.lags_s, default=None)


TARGETS: Sequence[Target] = (
    Target("live, 8 clients, to the Go service", _times("live 8", "go 8"), 0.6, "×"),
    Target("live, 32 clients, to the Go service", _times("live 32", "go 32"), 1.5, "×"),
    Target("live: last response to last invoice, at most", _longest_lag, 3, "s", at_most=True),
    Target("POST /orders, 8 clients, to the Go service", _times("single 8", "go 8"), 0.9, "×"),
    Target("POST /orders, 32 clients, to the Go service", _times("single 32", "go 32"), 2.5, "×"),
    Target("live, orders a core second, of pgbench's", _of_a_core_second("live 8", "pgbench 8"), 20, "%"),
    Target("bulk of 100, to the Go service's posts", _times("bulk", "go 8"), 7, "×"),
    Target("chain, to the Go service's posts", _times("chain", "go 8"), 2, "×"),
    Target("POST /orders, 8 clients, to ordinary", _times("single 8", "ordinary 8"), 6, "×"),
    Target("POST /orders, 8 clients, of pgbench", _percent("single 8", "pgbench 8"), 20, "%"),
    Target("POST /orders, 32 clients, of pgbench", _percent("single 32", "pgbench 32"), 30, "%"),
    Target("bulk of 100, to single posts of 8 clients", _times("bulk", "single 8"), 8, "×"),
    Target("chain, to single posts of 8 clients", _times("chain", "single 8"), 1.5, "×"),
    Target("placed to invoiced at rest, median", _median_latency, 60, "ms", at_most=True),
    Target("largest process", _largest, 300, "MB", at_most=True),
    Target("Kafka", lambda results: results.peak_mb.get(Kafka.name), 700, "MB", at_most=True),
    Target("import of the nine days, all invoiced", lambda results: results.import_seconds, 30, "s", at_most=True),
)
