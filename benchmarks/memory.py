"""Peak memory of processes."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from devstack.postgres.server import Postgres
from devstack.processes.process import Process

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def peak_mb(families: Mapping[str, Process]) -> dict[str, float]:
    """Peak resident memory in MB by name, of the largest living process of each family.

    PostgreSQL is left out: the resident memory of each of its processes includes the shared memory.
    """
    return {
        name: max(_peak(process.pid) for process in family.family())
        for name, family in families.items()
        if name != Postgres.name
    }


def _peak(pid: int) -> float:
    with suppress(OSError):
        if found := _PEAK.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")):
            return int(found[1]) / 1024
    return 0.0
