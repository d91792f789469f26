"""Other versions of the product beside this one: is it slower than it was?

    git worktree add ../before COMMIT
    .venv/bin/python -m benchmarks.versions ../before     # four minutes a round

All versions use the same servers and the same load generator, each by the commands and settings of its own `make run`.
In a round they are measured one after the other, by turns in another sequence; ratios are taken within a round. A
checkout whose packages were others needs a `.venv` of its own.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.chain import measure_chain, measure_latencies, wait_for_consumers
from benchmarks.command_line import run_command
from benchmarks.instance import WITHOUT_CONSUMERS, instance
from benchmarks.intake import CLIENTS, measure_live, post_bulk, post_singles
from benchmarks.samples import Results
from benchmarks.servers import Servers, running_servers
from benchmarks.template import build_template
from benchmarks.variants import by_turns
from benchmarks.version import THIS, Version
from devstack.console import Say

THIS_ONE = "this version"
REST = "rest"


@dataclass(frozen=True)
class Measured:
    """A version with its results, and for each round the median milliseconds from placed to invoiced at rest."""

    servers: Servers
    token: str
    results: Results = field(default_factory=Results)
    rest_ms: list[float] = field(default_factory=list)

    def rates(self) -> dict[str, list[float]]:
        """Orders a second by figure, one for each round; those at rest as one order after the other."""
        rates = {name: [sample.rate for sample in samples] for name, samples in self.results.samples.items()}
        return rates | {REST: [1000 / milliseconds for milliseconds in self.rest_ms]}


def compare(checkouts: Sequence[Path], *, rounds: int, seconds: float, backlog: int, orders: int, say: Say) -> int:
    """Print; returns the exit status.

    Raises:
        BenchmarkError, DevstackError: something did not work.
    """
    versions = {THIS_ONE: THIS} | {path.name: Version(f"v{n}", path.resolve()) for n, path in enumerate(checkouts)}
    with running_servers(say) as servers:
        say("Preparing the databases")
        measured = {
            name: Measured(servers.of(version), build_template(servers.of(version)))
            for name, version in versions.items()
        }
        for number in range(rounds):
            for name in by_turns(list(versions), number):
                say(f"Round {number + 1} of {rounds}: {name}")
                _measure(measured[name], number, seconds=seconds, backlog=backlog, orders=orders)
            print("\n".join(report(measured)), flush=True)
    return 0


def _measure(version: Measured, number: int, *, seconds: float, backlog: int, orders: int) -> None:
    prefix = f"{version.servers.version.name or 'this'}_{number}"
    with instance(version.servers, version.token, f"{prefix}_intake", WITHOUT_CONSUMERS) as ours:
        for clients in CLIENTS:
            version.results.add(f"single {clients}", post_singles(ours, clients=clients, seconds=seconds))
        version.results.add("bulk", post_bulk(ours, seconds=seconds))
    with instance(version.servers, version.token, f"{prefix}_chain") as ours:
        wait_for_consumers(ours)
        measure_live(ours, seconds=seconds, results=version.results)
        version.rest_ms.append(median(measure_latencies(ours, orders=orders, results=version.results)))
        version.results.add("chain", measure_chain(ours, backlog=backlog))


def report(measured: Mapping[str, Measured]) -> Iterator[str]:
    """For each other version and figure: rates of both, and this version's to the other's, median and each round."""
    ours = measured[THIS_ONE].rates()
    for name, version in measured.items():
        if name != THIS_ONE:
            yield f"\n{'orders a second':<18}{THIS_ONE:>14}{name:>14}{'ratio':>8}   of each round"
            for figure, rates in version.rates().items():
                ratios = [our / other for our, other in zip(ours[figure], rates, strict=False)]
                if ratios:
                    rounds = " ".join(f"{ratio:.2f}" for ratio in ratios)
                    both = f"{median(ours[figure]):>14,.0f}{median(rates):>14,.0f}"
                    yield f"{figure:<18}{both}{median(ratios):>8.2f}   {rounds}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versions")
    parser.add_argument("checkouts", nargs="+", type=Path, help="folders with other versions")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="that each load lasts (%(default)s)")
    parser.add_argument("--backlog", type=int, default=20_000, help="orders of the chain's backlog (%(default)s)")
    parser.add_argument("--orders", type=int, default=50, help="placed at rest in each round (%(default)s)")
    chosen = vars(parser.parse_args())
    return run_command(lambda say: compare(chosen.pop("checkouts"), **chosen, say=say), name="benchmarks.versions")


if __name__ == "__main__":
    sys.exit(main())
