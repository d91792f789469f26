"""Running the generator in a process of its own."""

import json
import subprocess
import sys
from dataclasses import asdict

from benchmarks.errors import BenchmarkError
from benchmarks.generator import Load, Outcome


def run_load(load: Load) -> Outcome:
    """Raises:
    BenchmarkError: the generator failed, or the server did not answer everything as expected.
    """
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.generator"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise BenchmarkError(f"the load generator failed: {child.stderr.strip().splitlines()[-1]}")
    outcome = Outcome(**json.loads(child.stdout))
    if outcome.unexpected:
        raise BenchmarkError(f"{load.path} was answered {outcome.unexpected}; one of them:\n{outcome.sample}")
    return outcome
