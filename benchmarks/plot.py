"""Plots of a run: targets, rates, and latency at rest; and the yardsticks for the README."""

from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report import YARDSTICK
from benchmarks.samples import Results
from benchmarks.targets import TARGETS, Target

MET, MISSED, BAR = "#2a7f62", "#b3392f", "#4a6fa5"
_FARTHEST = 10.0  # times a target, beyond which nothing is drawn


def draw(results: Results, path: Path) -> None:
    """Write a PNG."""
    figure = Figure(figsize=(17, 5), layout="constrained")
    axes = figure.subplots(1, 3, width_ratios=[1.2, 1, 0.8])
    _draw_targets(axes[0], results)
    _draw_rates(axes[1], results)
    _draw_latency(axes[2], results)
    figure.savefig(path, dpi=110)


YARDSTICKS = {  # what is measured by so many clients, and how it is named
    "live": "Orderflow, everything on",
    "single": "Orderflow, intake alone",
    "go": "Go service: no log-in, no keys,\nno checks, nothing afterwards",
    "ordinary": "Django and DRF, ordinary:\nno keys, nothing afterwards",
}


def draw_yardsticks(results: Results, path: Path) -> None:
    """Write a PNG for people who only want to see how fast it is, and beside what."""
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    for axes, clients in zip(figure.subplots(1, 2, sharex=True, sharey=True), (8, 32), strict=True):
        for row, name in enumerate(reversed(YARDSTICKS)):
            shares = [100 * ratio for ratio in results.ratios(f"{name} {clients}", f"pgbench {clients}")]
            axes.barh(row, median(shares), color=MET if name in ("live", "single") else BAR)
            axes.plot(shares, [row] * len(shares), "k.", markersize=4)
        axes.set_yticks(range(len(YARDSTICKS)), list(reversed(YARDSTICKS.values())))
        axes.set_title(f"{clients} clients")
        axes.set_xlabel("orders a second; pgbench's bare inserts = 100")
    figure.savefig(path, dpi=110)


def _draw_targets(axes: Axes, results: Results) -> None:
    measured = [(target, value) for target in reversed(TARGETS) if (value := target.measured(results)) is not None]
    for row, (target, value) in enumerate(measured):
        share = _reached(target, value)
        axes.barh(row, share, color=MET if target.is_met(value) else MISSED)
        axes.text(share, row, f" {target.text(value)}", va="center")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(measured)), [target.title for target, _ in measured])
    axes.set_title("How far each target is reached (1 = just met)")
    axes.margins(x=0.15)


def _reached(target: Target, value: float) -> float:
    """How far a target is reached; where 0 is the best and was measured, as far as is drawn of any."""
    if not target.at_most:
        return value / target.limit
    return min(_FARTHEST, target.limit / value) if value else _FARTHEST


def _draw_rates(axes: Axes, results: Results) -> None:
    names = [name for name in results.samples if results.ratios(name, YARDSTICK)]
    for row, name in enumerate(reversed(names)):
        shares = [100 * ratio for ratio in results.ratios(name, YARDSTICK)]
        axes.barh(row, median(shares), color=BAR)
        axes.plot(shares, [row] * len(shares), "k.", markersize=4)
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_title(f"Orders a second, {YARDSTICK} = 100 (dots: rounds)")


def _draw_latency(axes: Axes, results: Results) -> None:
    axes.set_title("At rest, from sent to … (ms)")
    for name, values in (("answered", results.answers_ms), ("invoiced", results.latencies_ms)):
        if values:
            axes.ecdf(values, label=name)
    axes.set_xlim(left=0)
    axes.set_ylabel("share of orders")
    if results.latencies_ms:
        axes.legend(loc="lower right")
