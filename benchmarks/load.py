"""Running the load generators, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.flood import Flood, LoadResult
from benchmarks.generator import Load, Outcome, prepared_requests
from benchmarks.go_build import build

IN_GO, IN_PYTHON = "Go", "Python"


def generator_language() -> str:
    """In what the generator of `run_load` is written, the same for all loads: in Go where that is installed, because
    each request takes a third of the CPU then, which the product gets instead."""
    return IN_GO if build("load") else IN_PYTHON


def run_load(load: Load) -> Outcome:
    """Raises:
    BenchmarkError: the generator failed, or some responses were not as expected.
    """
    if program := build("load"):
        outcome = Outcome(**_run((str(program),), _for_go(load)))
    else:
        outcome = Outcome(**_run((sys.executable, "-m", "benchmarks.generator"), asdict(load)))
    if outcome.unexpected:
        raise BenchmarkError(f"{load.path} was answered {outcome.unexpected}; one of them:\n{outcome.sample}")
    return outcome


def require_stored(new: int, outcome: Outcome, *, orders: int = 1) -> None:
    """See that the responses are true: a bulk request is answered 200 whatever its orders are, and a key that was used
    before 201 without a new order.

    Args:
        new: orders that are in the database since the load began.
        orders: of each request.

    Raises:
        BenchmarkError: the responses mean another number of new orders.
    """
    if new != outcome.responses * orders:
        raise BenchmarkError(f"{outcome.responses} responses for {orders} orders each, but {new} orders are stored")


def run_flood(flood: Flood) -> LoadResult:
    """Raises:
    BenchmarkError: the generator failed.
    """
    return LoadResult(**_run((sys.executable, "-m", "benchmarks.flood"), asdict(flood)))


def _for_go(load: Load) -> dict[str, Any]:
    """A load as `go/load/` takes it: with its requests as they are sent."""
    requests = [(before.decode(), after.decode()) for before, after in prepared_requests(load)]
    return {name: value for name, value in asdict(load).items() if name not in ("headers", "bodies")} | {
        "prepared": requests
    }


def _run(command: Sequence[str], load: dict[str, Any]) -> dict[str, Any]:
    child = subprocess.run(command, input=json.dumps(load), capture_output=True, text=True, check=False)
    if child.returncode:
        raise BenchmarkError(f"the load generator failed: {(child.stderr.strip().splitlines() or ['no word why'])[-1]}")
    result: dict[str, Any] = json.loads(child.stdout)
    return result
