"""The machine and the commit of a measurement."""

import os
import platform
import subprocess
from datetime import UTC, datetime

import psutil

from benchmarks.version import ROOT


def facts() -> dict[str, object]:
    """Facts about the machine and the code."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _git(*arguments: str) -> str:
    """The output of a git command, empty outside a repository."""
    child = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return child.stdout.strip()
