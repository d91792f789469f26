"""Entry point: `python -m benchmarks`, or `make bench`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.command_line import run_command
from benchmarks.growth.command import grow
from benchmarks.plot import draw
from benchmarks.report import all_met, as_text, write_json
from benchmarks.run import PARTS, Plan, run
from benchmarks.samples import Results

RESULTS = Path(__file__).with_name("results")


def options(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios: see benchmarks/README.md.")
    parser.add_argument("--rounds", type=int, default=3, help="of everything but the import (%(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="that each load lasts (%(default)s)")
    parser.add_argument("--backlog", type=int, default=20_000, help="orders of the chain's backlog (%(default)s)")
    parser.add_argument("--orders", type=int, default=50, help="placed at rest in each round (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run, all by default")
    parser.add_argument("--grow", type=int, metavar="ORDERS", help="instead: how it is with so many orders stored")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run and report; the exit status is 1 if a target was missed, 2 if there was an error."""
    chosen = vars(options(argv))
    if orders := chosen.pop("grow"):
        return run_command(lambda say: grow(orders, chosen["rounds"], RESULTS, say))
    return run_command(lambda say: _report(run(Plan(**chosen), say)))


def _report(results: Results) -> int:
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    RESULTS.mkdir(exist_ok=True)
    write_json(results, RESULTS / f"{name}.json")
    draw(results, RESULTS / f"{name}.png")
    print(as_text(results))
    print(f"\nall figures: benchmarks/results/{name}.json and .png")
    return 0 if all_met(results) else 1


if __name__ == "__main__":
    sys.exit(main())
