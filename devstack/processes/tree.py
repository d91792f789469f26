"""Processes and their descendants, told apart from later processes with the same pid."""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import psutil

from devstack.waiting import wait_until

# All descendants inherit this variable: a list of tokens, the outermost stack's first. So a process is recognised even
# if its parents are dead.
OWNER_VARIABLE = "DEVSTACK_OWNER"

# In seconds: psutil derives start times from the boot time, which shifts when the clock is set.
CLOCK_TOLERANCE = 2.0


Handle: TypeAlias = psutil.Process


def marks(*tokens: str) -> dict[str, str]:
    """The environment variable by which a child is recognised: with these tokens, and those of this process."""
    outer = os.environ.get(OWNER_VARIABLE)
    return {OWNER_VARIABLE: ":".join([*([outer] if outer else []), *tokens])}


def find(pid: int, started: float) -> Handle | None:
    """The process with this pid, if it was started at this time (seconds since the epoch)."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < CLOCK_TOLERANCE
    except psutil.Error:
        return None
    return process if same and is_alive(process) else None


def started_at(pid: int) -> float:
    """The start time of a process; 0 if it has ended."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def family(pid: int) -> list[Handle]:
    """A process and its descendants."""
    try:
        leader = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return []
    return [leader, *descendants(leader)]


def is_alive(process: Handle) -> bool:
    """Whether a process is running; a zombie is not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def listens(process: Handle, port: int) -> bool:
    """Whether this process listens on a TCP port; descendants do not count."""
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:  # it has ended
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)


def descendants(process: Handle) -> list[Handle]:
    """All descendants of a process."""
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def marked(token: str) -> Iterator[Handle]:
    """All living processes with the token in their environment, except the caller."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            owners = process.environ().get(OWNER_VARIABLE, "").split(":")
            if token in owners and process.pid != os.getpid() and is_alive(process):
                yield process


def send(processes: Iterable[Handle], signum: signal.Signals) -> None:
    """Send a signal to those that still exist; another process with the same pid gets none."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signum)


def wait_gone(processes: Iterable[Handle], seconds: float) -> bool:
    """Wait until all of them have ended; False if some have not after so many seconds."""
    waiting_for = list(processes)
    return wait_until(lambda: not any(is_alive(process) for process in waiting_for), seconds=seconds)


def end(processes: Iterable[Handle], seconds: float = 5.0) -> None:
    """Send SIGKILL, and wait until they have ended."""
    ending = list(processes)
    send(ending, signal.SIGKILL)
    wait_gone(ending, seconds)
