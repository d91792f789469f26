"""CPU time by process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import psutil

from devstack.processes.process import Process

OTHERS = "others on this machine"
GENERATOR = "load generator"


@contextmanager
def cpu_shares(families: Mapping[str, Process]) -> Iterator[dict[str, float]]:
    """A dict that is filled at the end of the block: the CPU of each process with its descendants, in cores.

    Its entry OTHERS is the CPU of all processes that are neither in `families` nor children of this one. The higher it
    is, the less the figures mean.
    """
    shares: dict[str, float] = {}
    before, machine_before, own_before = cpu_seconds(families), psutil.cpu_times(), _own()
    yield shares
    after, machine_after, own_after = cpu_seconds(families), psutil.cpu_times(), _own()
    elapsed = (sum(machine_after) - sum(machine_before)) / (psutil.cpu_count() or 1)
    shares |= {name: round((after[name] - before[name]) / elapsed, 3) for name in families}
    known = sum(after.values()) - sum(before.values()) + own_after - own_before
    shares[OTHERS] = round(max(0.0, (_busy(machine_after) - _busy(machine_before) - known) / elapsed), 3)


def cpu_seconds(families: Mapping[str, Process]) -> dict[str, float]:
    """The CPU seconds so far of each process with its descendants."""
    return {name: sum(map(_of_process, process.family())) for name, process in families.items()}


def _of_process(process: psutil.Process) -> float:
    """CPU seconds of a process and its ended children, such as PostgreSQL's backends."""
    with suppress(psutil.Error):
        return float(sum(process.cpu_times()[:4]))
    return 0.0


def _own() -> float:
    """CPU seconds of this process and its ended children, the load generators."""
    return _of_process(psutil.Process())


def _busy(times: "psutil._ntp.scputimes") -> float:  # a named tuple that psutil does not export
    return float(sum(times) - times.idle - times.iowait)
