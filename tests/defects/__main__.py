"""Puts each defect into a copy of the code, and checks that its test fails: `make defects`."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.defects.catalogue import DEFECTS
from tests.defects.defect import Defect

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds for a test


def main() -> int:
    """0 if every chosen defect's test passes without it and fails with it."""
    chosen = _chosen(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="orderflow-defects-") as folder:
        copy = _copy_of_the_code(Path(folder) / "main")
        said = {defect.name: _try(defect, copy) for defect in chosen}
    seen = sum(verdict == "seen" for verdict in said.values())
    print(f"{seen} of {len(said)} defects were seen by their tests")
    return 0 if seen == len(said) else 1


def _chosen(arguments: Sequence[str]) -> list[Defect]:
    parser = argparse.ArgumentParser(prog="tests.defects", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a defect's name; all without")
    names = parser.parse_args(arguments).names
    chosen = [defect for defect in DEFECTS if not names or any(name in defect.name for name in names)]
    return chosen or parser.error("there is no such defect")


def _copy_of_the_code(copy: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def _try(defect: Defect, copy: Path) -> str:
    verdict = "its test fails without it" if _outcome(defect.test, copy) != "passed" else _with(defect, copy)
    print(f"{defect.name:42} {verdict:12} {defect.pitfall}", flush=True)
    return verdict


def _with(defect: Defect, copy: Path) -> str:
    before: dict[str, str] = {}
    try:
        for change in defect.changes:
            before.setdefault(change.path, (copy / change.path).read_text())
            change.make(copy)
        outcome = _outcome(defect.test, copy)
    finally:
        for path, text in before.items():
            (copy / path).write_text(text)
    return "seen" if outcome == "failed" else f"NOT SEEN: {outcome}"


def _outcome(test: str, copy: Path) -> str:
    """ "passed", or "failed" if an assertion or the code under test did, rather than what is around them."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--reuse-db", test]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return "no end"
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip()[-200:]
    if done.returncode == 0 and re.search(r"\d passed", last):
        return "passed"
    return "failed" if done.returncode == 1 and re.search(r"\d failed", last) else last


if __name__ == "__main__":
    sys.exit(main())
