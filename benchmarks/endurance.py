"""Entry point: `python -m benchmarks.endurance`, or `make endurance`: whether anything stalls, or grows."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.command_line import run_command
from benchmarks.endurance_runs import Endured, audit, endure_chains, endure_load, measure_peak
from benchmarks.endurance_trend import Trend, longest_standstill, trend_of
from benchmarks.endurance_watch import Watch
from benchmarks.facts import facts
from benchmarks.instance import instance
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say

RESULTS = Path(__file__).with_name("results")

# Tolerated growth from beginning to end: a share of the beginning, or this much in any case. Servers fill caches with
# limits of their own, and keep connections and files open.
TOLERANCES = {"MB": (0.1, 8.0), "threads": (0.0, 2.0), "files": (0.0, 4.0), "connections": (0.0, 2.0)}
SERVERS = {"postgresql": (0.25, 50.0), "kafka": (0.25, 50.0)}
BACKLOG = (1.0, 2000.0)  # outbox and lag: records

# A JVM fills its heap (-Xmx, and about 150 MB besides) before it collects old garbage, so for Kafka there is a limit
# instead. The same limit as in targets.py.
CEILINGS = {"kafka MB": 700.0}
STANDSTILL = 30.0  # seconds without an invoice, under an even load


def options(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description="Does anything stall, or grow?")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--chains", type=int, help="backlogs that the same processes carry one after the other")
    what.add_argument("--minutes", type=float, help="of an even load, half of the peak that is measured before")
    parser.add_argument("--backlog", type=int, default=20_000, help="orders of a chain (%(default)s)")
    parser.add_argument("--rate", type=float, help="posts a second instead of half of the peak")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run and report; the exit status is 1 if something stalled or grew, 2 if there was an error."""
    chosen = options(argv)
    return run_command(lambda say: _endure(chosen, say), name="endurance")


def _endure(chosen: argparse.Namespace, say: Say) -> int:
    RESULTS.mkdir(exist_ok=True)
    name = f"endurance-{'chains' if chosen.chains else 'load'}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    endured, watch = _run(chosen, RESULTS / f"{name}.jsonl", say)
    broken = [*endured.broken, *_judge(watch, steady=bool(chosen.minutes))]
    text = "\n".join([*_table(endured, watch), "", *(broken or ["nothing stalled, nothing grew"])])
    kept = {"facts": facts(), "plan": vars(chosen), "figures": endured.figures, "broken": broken}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept | {"table": text.splitlines()}, indent=2) + "\n")
    print(f"{text}\n\nall samples: benchmarks/results/{name}.jsonl")
    return 1 if broken else 0


def _run(chosen: argparse.Namespace, samples: Path, say: Say) -> tuple[Endured, Watch]:
    with running_servers(say) as servers:
        say("Preparing the database")
        token = build_template(servers)
        with instance(servers, token, "endurance") as ours:
            watch = Watch(ours, servers.connect("endurance"), samples)
            if chosen.chains:
                with watch:
                    endured = endure_chains(ours, watch, chains=chosen.chains, backlog=chosen.backlog, say=say)
            else:
                rate = chosen.rate or measure_peak(ours) / 2
                say(f"{rate:.0f} posts a second for {chosen.minutes:.0f} minutes")
                with watch:
                    endured = endure_load(ours, watch, minutes=chosen.minutes, rate=rate, say=say)
            say("Audit")
            audit(servers, ours, endured)
            return endured, watch


def _judge(watch: Watch, *, steady: bool) -> Iterator[str]:
    if not list(_trends(watch)):
        yield "too short to tell whether anything grows"
    for name, trend in _trends(watch):
        share, least = _tolerance(name)
        if name in CEILINGS:
            if trend.peak > CEILINGS[name]:
                yield f"TOO MUCH: {name} {trend.peak:.1f}, and at most {CEILINGS[name]:.0f} is allowed"
        elif trend.grows(share=share, least=least):
            yield f"GROWS: {name} from {trend.first:.1f} to {trend.last:.1f}"
    longest = longest_standstill(watch.series("invoices"))
    if steady and longest > STANDSTILL:
        yield f"STALLED: no invoice for {longest:.0f} s"


def _trends(watch: Watch) -> Iterator[tuple[str, Trend]]:
    for name in watch.names():
        if name != "invoices" and (trend := trend_of(watch.series(name))):
            yield name, trend


def _tolerance(name: str) -> tuple[float, float]:
    service, _, what = name.rpartition(" ")
    return SERVERS.get(service) or TOLERANCES.get(what, BACKLOG)


def _table(endured: Endured, watch: Watch) -> Iterator[str]:
    for name, value in endured.figures.items():
        yield f"{name:<42}{value}"
    yield f"{'longest time without a new invoice':<42}{longest_standstill(watch.series('invoices')):.0f} s"
    yield f"{'samples':<42}{len(watch.samples)}"
    yield ""
    yield f"{'':<20}{'first fifth':>12}{'last fifth':>12}{'an hour':>12}{'peak':>12}"
    for name, trend in _trends(watch):
        yield f"{name:<20}{trend.first:>12.1f}{trend.last:>12.1f}{trend.slope:>+12.1f}{trend.peak:>12.1f}"


if __name__ == "__main__":
    sys.exit(main())
