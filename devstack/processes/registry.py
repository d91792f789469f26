"""A record of started processes on disk, by which the next start can clean up after a `kill -9`."""

import secrets
import signal
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devstack.files import read_json, write_json
from devstack.processes import tree


@dataclass(frozen=True)
class Recorded:
    """A process by its pid and start time (seconds since the epoch), and its stop signal."""

    name: str
    pid: int
    started: float
    stop_signal: int = signal.SIGTERM

    def find(self) -> tree.Handle | None:
        """The process, unless it has ended; never another one with its pid."""
        return tree.find(self.pid, self.started)


class Registry:
    """A file of recorded processes, and the token that they and their descendants have in their environments."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token = secrets.token_hex(8)
        self._processes: dict[int, Recorded] = {}
        self._lock = threading.Lock()

    def open(self) -> None:
        """Write the file with the token, before any process is started with it."""
        with self._lock:
            self._write()

    def add(self, process: Recorded) -> None:
        """Record a process that was just started."""
        with self._lock:
            self._processes[process.pid] = process
            self._write()

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._lock:
            if self._processes.pop(pid, None):
                self._write()

    def close(self) -> None:
        """End all processes that still have the token, and delete the file."""
        tree.end(tree.marked(self.token))
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        recorded = [asdict(process) for process in self._processes.values()]
        write_json(self.path, {"token": self.token, "processes": recorded})


def clean_up(path: Path, *, grace: float) -> list[str]:
    """End the processes of a registry whose owner is dead: by their stop signals, and by SIGKILL after `grace` seconds.

    Returns the names of the recorded processes that were still running.
    """
    content = read_json(path)
    leaders = {process.name: found for process in _recorded(content) if (found := process.find())}
    leftovers = {*leaders.values(), *(child for leader in leaders.values() for child in tree.descendants(leader))}
    if token := content.get("token"):
        leftovers.update(tree.marked(token))
    if grace:
        _ask_to_stop(content)
        tree.wait_gone(leftovers, grace)
    tree.end(leftovers)
    path.unlink(missing_ok=True)
    return list(leaders)


def _recorded(content: dict[str, Any]) -> list[Recorded]:
    return [Recorded(**entry) for entry in content.get("processes", [])]


def _ask_to_stop(content: dict[str, Any]) -> None:
    for recorded in _recorded(content):
        if process := recorded.find():
            tree.send([process], signal.Signals(recorded.stop_signal))
            tree.send([process, *tree.descendants(process)], signal.SIGCONT)
