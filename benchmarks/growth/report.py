"""The results as text, with the targets."""

from collections.abc import Iterator

from benchmarks.growth.run import Growth
from benchmarks.growth.tools import AUDIT

PAGE_MS = 300.0
LIVE_RATIO = 0.9
READ_RATIO = 60.0
JUDGED = ("list", "detail")  # of the API, to ordinary DRF


def verdicts(growth: Growth) -> dict[str, bool]:
    """Each target, and whether it was met with the most orders."""
    stage = growth.last
    slowest = max(stage.pages.values(), key=lambda page: page.median_ms)
    found = {
        f"each page under {PAGE_MS:.0f} ms: the slowest took {slowest.median_ms:.0f}": slowest.median_ms < PAGE_MS,
        "audit_pipeline finds nothing wrong": stage.tools[AUDIT].ok,
    }
    for name in JUDGED:
        ratio = stage.reads[name].ratio or 0.0
        found[f"{name}: {READ_RATIO:.0f} times ordinary DRF: {ratio:.1f} times"] = ratio >= READ_RATIO
    if (live := growth.live_ratio()) is not None:
        found[f"live: at least {LIVE_RATIO} of the rate with the fewest: {live:.2f}"] = live >= LIVE_RATIO
    return found


def as_text(growth: Growth) -> str:
    """A table for each kind of figure, with a column for each number of orders."""
    return "\n".join(_lines(growth))


def _lines(growth: Growth) -> Iterator[str]:
    for title, met in verdicts(growth).items():
        yield f"{'met   ' if met else 'MISSED'}  {title}"
    head = "".join(f"{stage.orders:>12,}" for stage in growth.stages)
    yield f"\n{'pages, ms':<40}{head}"
    for name in sorted(growth.last.pages, key=lambda name: -growth.last.pages[name].median_ms):
        yield f"{name:<40}" + "".join(
            f"{stage.pages[name].median_ms:>12.1f}" if name in stage.pages else f"{'':>12}" for stage in growth.stages
        )
    yield f"\n{'API, requests a second (to ordinary)':<40}{head}"
    for name in growth.last.reads:
        yield f"{name:<40}" + "".join(
            f"{reading.ours:>12.0f}{f' ({reading.ratio:.1f}×)' if reading.ratio else ''}"
            for reading in (stage.reads[name] for stage in growth.stages)
        )
    yield f"\n{'commands, s (longest transaction)':<40}{head}"
    for name in growth.last.tools:
        yield f"{name:<40}" + "".join(
            f"{tool.seconds:>12.1f} ({tool.longest_snapshot:.2f})"
            for tool in (stage.tools[name] for stage in growth.stages)
        )
    yield f"\n{'bytes of an order':<40}{head}"
    for name in growth.last.bytes_of_an_order:
        yield f"{name:<40}" + "".join(
            f"{sum(stage.bytes_of_an_order.get(name, {}).values()):>12.0f}" for stage in growth.stages
        )
    unused = [index for index in growth.last.indexes if not index["scans"] and not index["unique"]]
    yield f"\nindexes that nothing used: {', '.join(str(index['index']) for index in unused) or 'none'}"
