"""Ten times the load that can be served: how much is still served, and how the rest is rejected.

    .venv/bin/python -m benchmarks.overload

The load generator has a core of its own, as if it were another machine; the product, PostgreSQL and Kafka have the
others. Web and relay run, consumers do not. The exit status is 1 if a target was missed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.command_line import run_command
from benchmarks.instance import WITHOUT_CONSUMERS, instance
from benchmarks.overload_rounds import Load, Round, leave_the_generators_core, measure_round, milliseconds
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say

# The generator stands for many clients, with all their connections.
ONE_ADDRESS = {"WEB_MAX_CONNECTIONS_PER_ADDRESS": "4096"}


@dataclass(frozen=True)
class Goal:
    """A figure of a round, with its target: at least `limit`, or at most where `at_most`; None if it has no target."""

    title: str
    unit: str
    measured: Callable[[Round], float]
    limit: float | None = None
    at_most: bool = True

    def line(self, rounds: Sequence[Round]) -> str:
        value = self.value(rounds)
        if self.limit is None:
            return f"{self.title:<58}{value:>9.0f} {self.unit}"
        wanted = f"{'≤' if self.at_most else '≥'} {self.limit:.0f} {self.unit}"
        verdict = "met" if self.is_met(rounds) else "MISSED"
        return f"{self.title:<58}{value:>9.0f} {self.unit:<4}{wanted:>12}  {verdict}"

    def value(self, rounds: Sequence[Round]) -> float:
        return median(self.measured(each) for each in rounds)

    def is_met(self, rounds: Sequence[Round]) -> bool:
        value = self.value(rounds)
        return self.limit is None or (value <= self.limit if self.at_most else value >= self.limit)


def _flooded(measured: Callable[[Load], float]) -> Callable[[Round], float]:
    """The mean of both floods of a round."""
    return lambda each: sum(map(measured, each.floods)) / 2


def _unanswered(load: Load) -> float:
    return 100 * (load.result.due - len(load.result.accepted) - len(load.result.rejected)) / load.result.due


GOALS = (
    Goal(
        "accepted at ten times the load, of the peak",
        "%",
        lambda each: 100 * (each.floods[0].goodput + each.floods[1].goodput) / 2 / each.peak.goodput,
        80,
        at_most=False,
    ),
    Goal(
        "the same for each second of CPU",
        "%",
        lambda each: 100 * (each.floods[0].per_cpu + each.floods[1].per_cpu) / 2 / each.peak.per_cpu,
    ),
    Goal("accepted: p50 from due to response", "ms", _flooded(lambda load: milliseconds(load.result.accepted, 0.5))),
    Goal("accepted: p99", "ms", _flooded(lambda load: milliseconds(load.result.accepted, 0.99)), 1500),
    Goal(
        "rejected: p50 from due to response", "ms", _flooded(lambda load: milliseconds(load.result.rejected, 0.5)), 250
    ),
    Goal("rejected: p99", "ms", _flooded(lambda load: milliseconds(load.result.rejected, 0.99)), 1000),
    Goal("neither accepted nor rejected", "%", _flooded(_unanswered), 0),
    Goal("rejected without Retry-After", "", _flooded(lambda load: load.result.without_retry_after), 0),
    Goal(
        "web server: growth from flood to flood", "MB", lambda each: each.after.megabytes - each.between.megabytes, 16
    ),
    Goal("web server: memory after the floods", "MB", lambda each: each.after.megabytes, 600),
    Goal("web server: threads after the floods", "", lambda each: each.after.threads, 80),
    Goal("connections to the database after the floods", "", lambda each: each.after.connections, 42),
)


@dataclass(frozen=True)
class Plan:
    """The options of the command line."""

    rounds: int
    seconds: float
    connections: int


def plan(argv: list[str] | None) -> Plan:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description="See benchmarks/README.md.")
    parser.add_argument("--rounds", type=int, default=3, help="each on a fresh database (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="that each load lasts (%(default)s)")
    parser.add_argument("--connections", type=int, default=1000, help="of the generator, at most (%(default)s)")
    return Plan(**vars(parser.parse_args(argv)))


def measure(chosen: Plan, say: Say) -> list[Round]:
    """Raises:
    BenchmarkError, DevstackError: something did not work.
    """
    rounds: list[Round] = []
    leave_the_generators_core()
    with running_servers(say) as servers:
        token = build_template(servers)
        for number in range(1, chosen.rounds + 1):
            say(f"Round {number} of {chosen.rounds}")
            with instance(servers, token, f"overload{number}", WITHOUT_CONSUMERS, **ONE_ADDRESS) as ours:
                rounds.append(measure_round(ours, seconds=chosen.seconds, connections=chosen.connections, say=say))
    return rounds


def main(argv: list[str] | None = None) -> int:
    """Run and report; the exit status is 1 if a target was missed, 2 if there was an error."""
    chosen = plan(argv)
    return run_command(lambda say: _report(measure(chosen, say)))


def _report(rounds: list[Round]) -> int:
    print("\n".join(goal.line(rounds) for goal in GOALS))
    return 0 if all(goal.is_met(rounds) for goal in GOALS) else 1


if __name__ == "__main__":
    sys.exit(main())
