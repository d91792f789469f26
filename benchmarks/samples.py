"""The results of measurements."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.cpu import GENERATOR, OTHERS


@dataclass(frozen=True)
class Sample:
    """One measurement of one round: `rate` in orders a second, `cpu` in cores by process, times in milliseconds."""

    rate: float
    cpu: dict[str, float] = field(default_factory=dict)
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    unpublished: int = 0  # events that were not published at the end of the measurement

    @property
    def rate_of_a_core(self) -> float:
        """Orders for each second of CPU of the processes that were measured."""
        return self.rate / sum(cores for name, cores in self.cpu.items() if name not in (OTHERS, GENERATOR))


@dataclass
class Results:
    """The results of a run. `samples` has a list for each measurement, with an entry for each round."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)  # from sending an order to its invoice, at rest
    answers_ms: list[float] = field(default_factory=list)  # of the same orders: from sending to the response
    lags_s: list[float] = field(default_factory=list)  # live: from the last response to the last invoice
    hops_ms: list[float] = field(default_factory=list)  # of a record through Kafka, at rest
    in_hops: list[float] = field(default_factory=list)  # for each round: median latency by median hop
    late_s: list[float] = field(default_factory=list)  # for each round: the latest order during strangers' reads
    peak_mb: dict[str, float] = field(default_factory=dict)  # resident memory by process
    import_seconds: float | None = None
    facts: dict[str, object] = field(default_factory=dict)

    def add(self, name: str, sample: Sample) -> None:
        self.samples.setdefault(name, []).append(sample)

    def add_peaks(self, peaks: dict[str, float]) -> None:
        for name, peak in peaks.items():
            self.peak_mb[name] = max(peak, self.peak_mb.get(name, 0.0))

    def ratios(self, name: str, to: str) -> list[float]:
        """The ratios of two rates, round by round: both of a round were measured under the same conditions."""
        pairs = zip(self.samples.get(name, []), self.samples.get(to, []), strict=False)
        return [one.rate / other.rate for one, other in pairs]

    def ratio(self, name: str, to: str) -> float | None:
        """The median of `ratios`; None if either was not measured."""
        ratios = self.ratios(name, to)
        return median(ratios) if ratios else None
