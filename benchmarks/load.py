"""Running the load generators, each in a process of its own."""

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.flood import Flood, LoadResult
from benchmarks.generator import Load, Outcome


def run_load(load: Load) -> Outcome:
    """Raises:
    BenchmarkError: the generator failed, or some responses were not as expected.
    """
    outcome = Outcome(**_run("benchmarks.generator", load))
    if outcome.unexpected:
        raise BenchmarkError(f"{load.path} was answered {outcome.unexpected}; one of them:\n{outcome.sample}")
    return outcome


def run_flood(flood: Flood) -> LoadResult:
    """Raises:
    BenchmarkError: the generator failed.
    """
    return LoadResult(**_run("benchmarks.flood", flood))


def _run(generator: str, load: Load | Flood) -> dict[str, Any]:
    child = subprocess.run(
        [sys.executable, "-m", generator], input=json.dumps(asdict(load)), capture_output=True, text=True, check=False
    )
    if child.returncode:
        raise BenchmarkError(f"the load generator failed: {child.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(child.stdout)
    return result
