"""The README's figures and their plot, of the newest whole run of `make bench`.

make figures
"""

from pathlib import Path
from statistics import median

from benchmarks.command_line import run_command
from benchmarks.cpu import OTHERS
from benchmarks.errors import BenchmarkError
from benchmarks.plot import draw_yardsticks
from benchmarks.report import percentiles, read_json
from benchmarks.samples import Results
from benchmarks.version import ROOT
from devstack.console import Say

RESULTS = Path(__file__).with_name("results")
README = ROOT / "README.md"
PLOT = Path("docs/pictures/figures.png")
QUIET = 0.2  # cores that other programs may take
BEGIN, END = "<!-- made by `make figures` -->\n", "<!-- end of what `make figures` makes -->\n"

_ROWS = (  # a name for people, our measurement, and the clients of the yardsticks'
    ("`POST /orders`, 8 clients, everything on", "live 8", 8),
    ("the same, 32 clients", "live 32", 32),
    ("`POST /orders` alone, 8 clients; a web process for each core, as where consumers are elsewhere", "single 8", 8),
    ("the same, 32 clients", "single 32", 32),
    ("`POST /orders/bulk`, 100 orders each, 8 clients", "bulk", 8),
    ("a backlog, from placed to invoiced", "chain", 8),
)
_YARDSTICKS = ("go", "ordinary", "pgbench")


def section(results: Results) -> str:
    """The section of the README, without its markers."""
    return "\n".join(
        [*_table(results), "", _at_rest(results), "", _how(results), "", f"![Orders a second]({PLOT})", ""]
    )


def _table(results: Results) -> list[str]:
    rows = [
        f"| {title} | "
        + " | ".join(_ratio(results, ours, f"{yardstick} {clients}") for yardstick in _YARDSTICKS)
        + " |"
        for title, ours, clients in _ROWS
    ]
    return ["| Orders a second, to those of | the Go service | ordinary Django | pgbench |", "|---|---|---|---|", *rows]


def _ratio(results: Results, ours: str, yardstick: str) -> str:
    ratios = results.ratios(ours, yardstick)
    return f"**{median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f})"


def _at_rest(results: Results) -> str:
    p50, p95 = percentiles(results.latencies_ms)
    return (
        f"At rest an order is invoiced {p50:.0f} ms (p50) or {p95:.0f} ms (p95) after it was sent, which is as long as "
        f"{median(results.in_hops):.1f} records take through Kafka one after the other; three is the least."
    )


def _how(results: Results) -> str:
    facts = results.facts
    plan = facts["plan"]
    assert isinstance(plan, dict)
    others = max(sample.cpu.get(OTHERS, 0.0) for samples in results.samples.values() for sample in samples)
    warning = "" if others <= QUIET else " **That is too much: these figures are of a trial, and mean little.**"
    return (
        f"Medians and ranges. Rounds: {plan['rounds']}, of {plan['seconds']} s each, at {str(facts['at'])[:10]}; "
        f"commit `{facts['commit']}`; everything on one machine of {facts['cores']} cores, of which other programs "
        f"took {others:.2f} at most.{warning}"
    )


def newest(folder: Path) -> Results:
    """The newest results that have all of the figures.

    Raises:
        BenchmarkError: there are none.
    """
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            results = read_json(path)
        except BenchmarkError:
            continue  # of another command of benchmarks/, or of an older version
        if _is_whole(results):
            return results
    raise BenchmarkError("there is no run with all figures: `make bench` on a machine with Go makes one")


def _is_whole(results: Results) -> bool:
    pairs = [(ours, f"{yardstick} {clients}") for _, ours, clients in _ROWS for yardstick in _YARDSTICKS]
    return len(results.latencies_ms) > 1 and bool(results.in_hops) and all(results.ratios(*pair) for pair in pairs)


def replaced(text: str, made: str) -> str:
    """A text with its section made anew.

    Raises:
        BenchmarkError: it has no section.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise BenchmarkError("README.md has no section between the markers of `make figures`")
    return before + begin + made + end + after


def _make(say: Say) -> int:
    results = newest(RESULTS)
    README.write_text(replaced(README.read_text(encoding="utf-8"), section(results)), encoding="utf-8")
    draw_yardsticks(results, ROOT / PLOT)
    say(f"README.md and {PLOT}: of the run of {results.facts['at']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(run_command(_make, name="figures"))
