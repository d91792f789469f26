"""Processes and their descendants, told apart from strangers that got the same pid later."""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import psutil

from devstack.waiting import wait_until

# Every process inherits it: a list of tokens, outermost stack first. A process whose parents are long dead is still
# recognised by it, and nothing else on the machine carries it.
OWNER_VARIABLE = "DEVSTACK_OWNER"

# psutil derives a start time from the boot time, which shifts when the clock is set.
CLOCK_TOLERANCE = 2.0


Handle: TypeAlias = psutil.Process


def marks(*tokens: str) -> dict[str, str]:
    """What a child needs in its environment in order to be recognised by these tokens and by ours."""
    outer = os.environ.get(OWNER_VARIABLE)
    return {OWNER_VARIABLE: ":".join([*([outer] if outer else []), *tokens])}


def find(pid: int, started: float) -> Handle | None:
    """The process with this pid, if it is the one that started then (seconds since the epoch)."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < CLOCK_TOLERANCE
    except psutil.Error:
        return None
    return process if same and is_alive(process) else None


def started_at(pid: int) -> float:
    """When a process started; 0 if it is gone already."""
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
    """A zombie is not alive: only its parent can make it go away."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def descendants(process: Handle) -> list[Handle]:
    """Children, their children, and so on."""
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def marked(token: str) -> Iterator[Handle]:
    """All living processes that inherited the token, the caller excepted."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            owners = process.environ().get(OWNER_VARIABLE, "").split(":")
            if token in owners and process.pid != os.getpid() and is_alive(process):
                yield process


def send(processes: Iterable[Handle], signum: signal.Signals) -> None:
    """Signal those that still exist; a recycled pid is left alone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signum)


def wait_gone(processes: Iterable[Handle], seconds: float) -> bool:
    """Whether all of them ended in time."""
    waiting_for = list(processes)
    return wait_until(lambda: not any(is_alive(process) for process in waiting_for), seconds=seconds)


def end(processes: Iterable[Handle], seconds: float = 5.0) -> None:
    """SIGKILL, and wait until they are gone."""
    ending = list(processes)
    send(ending, signal.SIGKILL)
    wait_gone(ending, seconds)
