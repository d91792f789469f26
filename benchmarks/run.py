"""A run: rounds of all measurements, one after the other."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from benchmarks.chain import measure_chain, measure_rest, wait_for_consumers
from benchmarks.facts import facts
from benchmarks.go_rival import NAME as GO
from benchmarks.go_rival import go_rival
from benchmarks.importing import measure_import, shared_days
from benchmarks.instance import WITHOUT_CONSUMERS, instance
from benchmarks.intake import measure_intake, measure_live
from benchmarks.late import measure_late
from benchmarks.load import generator_language
from benchmarks.memory import peak_mb
from benchmarks.rival import NAME as ORDINARY
from benchmarks.rival import Rival, ordinary_rival
from benchmarks.samples import Results
from benchmarks.servers import Servers, running_servers
from benchmarks.template import build_template
from devstack.console import Say

PARTS = ("intake", "chain", "import")
# Where consumers are elsewhere, the web has a process for each core: decision 26.
WEB_ALONE = {"WEB_WORKERS": str(os.cpu_count() or 1)}


@dataclass(frozen=True)
class Plan:
    """The options of the command line."""

    rounds: int
    seconds: float
    backlog: int
    orders: int
    only: Collection[str]


def run(plan: Plan, say: Say) -> Results:
    """Raises:
    BenchmarkError, DevstackError: something did not work; there are no results then.
    """
    say(f"The load generator is the one in {generator_language()}")
    results = Results(facts=facts() | {"load_generator": generator_language(), "plan": vars(plan)})
    with running_servers(say) as servers:
        say("Preparing the databases")
        token = build_template(servers)
        with ordinary_rival(servers) as ordinary, go_rival(servers, say) as go:
            rivals = {ORDINARY: ordinary} | ({GO: go} if go else {})
            for number in range(1, plan.rounds + 1):
                _round(plan, servers, token, rivals, number, results, say)
        if "import" in plan.only and shared_days():
            say("Import of the nine shared days")
            with instance(servers, token, "import") as ours:
                results.import_seconds = measure_import(servers, ours)
                results.add_peaks(peak_mb(ours.families))
    return results


def _round(
    plan: Plan, servers: Servers, token: str, rivals: Mapping[str, Rival], number: int, results: Results, say: Say
) -> None:
    """Intake without consumers, then everything, each on a fresh database.

    The backlog comes last: PostgreSQL vacuums for a minute after it.
    """
    if "intake" in plan.only:
        say(f"Round {number} of {plan.rounds}: intake")
        with instance(servers, token, f"intake{number}", WITHOUT_CONSUMERS, **WEB_ALONE) as ours:
            measure_intake(ours, rivals, seconds=plan.seconds, results=results)
            results.add_peaks(peak_mb(ours.families))
        with instance(servers, token, f"late{number}", WITHOUT_CONSUMERS) as ours:
            results.late_s.append(measure_late(ours))
            results.add_peaks(peak_mb(ours.families))
    if "chain" in plan.only:
        say(f"Round {number} of {plan.rounds}: chain")
        with instance(servers, token, f"chain{number}") as ours:
            wait_for_consumers(ours)
            measure_live(ours, seconds=plan.seconds, results=results)
            measure_rest(servers, ours, orders=plan.orders, results=results)
            results.add("chain", measure_chain(ours, backlog=plan.backlog))
            results.add_peaks(peak_mb(ours.families))
