"""The command `python -m benchmarks --grow N`."""

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.growth.plot import draw
from benchmarks.growth.report import as_text, verdicts
from benchmarks.growth.run import run
from devstack.console import Say


def grow(orders: int, rounds: int, results: Path, say: Say) -> int:
    """Run and report; the exit status is 1 if a target was missed."""
    growth = run(orders, rounds, say)
    name = f"growth-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S')}"
    results.mkdir(exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps(growth.as_dict(), indent=2) + "\n", encoding="utf-8")
    draw(growth, results / f"{name}.png")
    print(as_text(growth))
    print(f"\nall figures: benchmarks/results/{name}.json and .png")
    return 0 if all(verdicts(growth).values()) else 1
