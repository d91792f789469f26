"""Entry point: `python -m tests.chaos`, or `make chaos`."""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from devstack.console import Say, speaker
from devstack.ephemeral import throw_away_folder
from devstack.exit_status import exit_status
from devstack.processes.tree import marks
from tests.chaos.faults import KINDS
from tests.chaos.run import Chaos, run
from tests.chaos.table import as_text
from tests.e2e.system import ROOT


def options(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="The whole system under load while it is broken on purpose, and then a comparison of every answer "
        "that a client got with what is stored. The exit status is 1 if a promise was broken.",
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="of faults (%(default)s)")
    parser.add_argument("--seed", type=int, help="the same seed breaks the same things again; random by default")
    parser.add_argument("--faults", type=_kinds, default=list(KINDS), help=f"of {','.join(KINDS)}; all by default")
    return parser.parse_args(argv)


def _kinds(text: str) -> list[str]:
    kinds = text.split(",")
    if wrong := [kind for kind in kinds if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: there is {', '.join(KINDS)}")
    return kinds


def main(argv: list[str] | None = None) -> int:
    """Run and report; the exit status is 1 if a promise was broken, 2 if there was an error."""
    chosen = options(argv)
    return exit_status(lambda: _chaos(chosen, speaker(sys.stderr)), name="chaos", failed=2)


def _chaos(chosen: argparse.Namespace, say: Say) -> int:
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed
    kept = Path(tempfile.mkdtemp(prefix=f"orderflow-chaos-{seed}-"))
    with throw_away_folder(ROOT, say) as (folder, registry):
        os.environ |= marks(registry.token)
        try:
            outcome = run(Chaos(seed, chosen.minutes * 60, chosen.faults), folder, kept, say)
        finally:
            for log in folder.rglob("*.log*"):
                shutil.copy(log, kept)
    print(as_text(outcome))
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
