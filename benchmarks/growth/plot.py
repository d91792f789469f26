"""The results over the number of orders, as a picture."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.growth.report import LIVE_RATIO, PAGE_MS, READ_RATIO
from benchmarks.growth.run import Growth

NAMED = 8  # of the lines of a plot, the highest


def draw(growth: Growth, path: Path) -> None:
    """Write a PNG."""
    figure = Figure(figsize=(16, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    _draw_pages(axes[0][0], growth)
    _draw_reads(axes[0][1], growth)
    _draw_tools(axes[1][0], growth)
    _draw_bytes(axes[1][1], growth)
    live = growth.live_ratio()
    figure.suptitle(
        f"Up to {growth.last.orders:,} orders"
        + (f"; live rate {live:.2f} of that with the fewest (wanted: {LIVE_RATIO})" if live is not None else "")
    )
    figure.savefig(path, dpi=100)


def _draw_pages(axes: Axes, growth: Growth) -> None:
    last = growth.last.pages
    highest = sorted(last, key=lambda name: -last[name].median_ms)
    for place, name in enumerate(highest):
        _line(axes, growth, [stage.pages[name].median_ms for stage in growth.stages], name, named=place < NAMED)
    axes.axhline(PAGE_MS, color="black", linewidth=1, linestyle="--")
    axes.set_yscale("log")
    _finish(axes, "Pages for people: ms of the server")


def _draw_reads(axes: Axes, growth: Growth) -> None:
    for name, reading in growth.last.reads.items():
        if reading.ratio:
            _line(axes, growth, [stage.reads[name].ratio or 0.0 for stage in growth.stages], name, named=True)
    axes.axhline(READ_RATIO, color="black", linewidth=1, linestyle="--")
    axes.set_yscale("log")
    _finish(axes, "API: requests a second, ordinary DRF = 1")


def _draw_tools(axes: Axes, growth: Growth) -> None:
    for name in growth.last.tools:
        _line(axes, growth, [stage.tools[name].seconds for stage in growth.stages], name, named=True)
    axes.set_yscale("log")
    _finish(axes, "Commands: s")


def _draw_bytes(axes: Axes, growth: Growth) -> None:
    for place, name in enumerate(growth.last.bytes_of_an_order):
        values = [sum(stage.bytes_of_an_order.get(name, {}).values()) for stage in growth.stages]
        _line(axes, growth, values, name, named=place < NAMED)
    axes.set_ylim(bottom=0)
    _finish(axes, "Bytes of an order, with indexes")


def _line(axes: Axes, growth: Growth, values: list[float], name: str, *, named: bool) -> None:
    orders = [stage.orders for stage in growth.stages]
    if named:
        axes.plot(orders, values, marker="o", label=name)
    else:
        axes.plot(orders, values, color="lightgrey", linewidth=0.8, zorder=0)


def _finish(axes: Axes, title: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("orders stored")
    axes.set_title(title)
    axes.legend(fontsize=7)
