"""The results of a run as text and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles

from benchmarks.cpu import GENERATOR, OTHERS
from benchmarks.errors import BenchmarkError
from benchmarks.samples import Results, Sample
from benchmarks.targets import TARGETS

YARDSTICK = "pgbench 8"


def write_json(results: Results, path: Path) -> None:
    """Write all figures as JSON."""
    verdicts = {
        target.title: {
            "measured": value,
            "limit": target.limit,
            "goal": target.goal,
            "unit": target.unit,
            "met": target.is_met(value),
        }
        for target in TARGETS
        if (value := target.measured(results)) is not None
    }
    path.write_text(json.dumps({"targets": verdicts, **asdict(results)}, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> Results:
    """The results that `write_json` has written.

    Raises:
        BenchmarkError: the file has others.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    try:
        samples = {name: [Sample(**each) for each in rounds] for name, rounds in found.pop("samples").items()}
        del found["targets"]
        return Results(samples=samples, **found)
    except (KeyError, TypeError) as error:
        raise BenchmarkError(f"{path.name} has no results of `make bench` as it is now") from error


def as_text(results: Results) -> str:
    """The results as text: ratios to targets, then the figures behind them."""
    return "\n".join([*_targets(results), "", *_rates(results), "", *_rest(results), *_memory(results)])


def all_met(results: Results) -> bool:
    """Whether every target that was measured was reached."""
    values = [(target, target.measured(results)) for target in TARGETS]
    return all(target.is_met(value) for target, value in values if value is not None)


def _targets(results: Results) -> Iterator[str]:
    yield f"{'target':<45}{'measured':>12}{'wanted':>12}{'goal':>12}"
    for target in TARGETS:
        value = target.measured(results)
        wanted = f"{'≤' if target.at_most else '≥'} {target.text(target.limit)}"
        goal = "" if target.goal is None else target.text(target.goal)
        measured = "not measured" if value is None else target.text(value)
        verdict = "" if value is None else target.verdict(value)
        yield f"{target.title:<45}{measured:>12}{wanted:>12}{goal:>12}  {verdict}"


def _rates(results: Results) -> Iterator[str]:
    """Orders a second as shares of pgbench's at 8 clients, where that was measured in the same rounds."""
    if not results.ratios(YARDSTICK, YARDSTICK):
        return
    yield f"{f'orders a second, {YARDSTICK} = 100':<34}{'median':>8}{'rounds':>20}   CPU in cores"
    for name, samples in results.samples.items():
        shares = [100 * ratio for ratio in results.ratios(name, YARDSTICK)]
        if shares:
            spread = f"{min(shares):.0f} to {max(shares):.0f}"
            yield f"{name:<34}{median(shares):>8.0f}{spread:>20}   {_cpu(samples)}"


def _cpu(samples: list[Sample]) -> str:
    names = dict.fromkeys(name for sample in samples for name in sample.cpu)
    medians = {name: median(sample.cpu.get(name, 0.0) for sample in samples) for name in names}
    shown = {name: cores for name, cores in medians.items() if cores >= 0.02 or name in (OTHERS, GENERATOR)}
    return ", ".join(f"{name} {cores:.2f}" for name, cores in shown.items())


def _rest(results: Results) -> Iterator[str]:
    if len(results.latencies_ms) > 1:
        p50, p95 = percentiles(results.latencies_ms)
        answer = median(results.answers_ms)
        hop = median(results.hops_ms)
        yield (
            f"at rest, {len(results.latencies_ms)} orders one at a time: invoiced {p50:.0f} ms (p50) and {p95:.0f} ms "
            f"(p95) after they were sent; the answer had come after {answer:.0f} ms; a bare hop takes {hop:.1f} ms"
        )


def _memory(results: Results) -> Iterator[str]:
    if results.peak_mb:
        peaks = ", ".join(f"{name} {peak:.0f}" for name, peak in results.peak_mb.items())
        yield f"peak memory in MB, of the largest process each: {peaks}"


def percentiles(values: list[float]) -> tuple[float, float]:
    """p50 and p95 of two values or more."""
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94]
