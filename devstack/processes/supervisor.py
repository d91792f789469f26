"""A supervisor, which restarts processes that crash."""

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devstack.console import Say
from devstack.errors import DevstackError
from devstack.files import last_lines
from devstack.processes.restart import RestartPolicy

POLL_INTERVAL = 0.2


class Unit(Protocol):
    """The interface of what can be supervised: a `Process` or a `Server`."""

    @property
    def name(self) -> str: ...

    @property
    def log(self) -> Path: ...

    @property
    def exit_status(self) -> int | None: ...

    @property
    def is_running(self) -> bool: ...

    def start(self) -> None: ...

    def kill(self) -> None: ...


@dataclass
class _Watched:
    unit: Unit
    started_at: float
    failures: int = 0
    start_at: float | None = None


class Supervisor:
    """Restarts units that crash. `clock` is monotonic, in seconds."""

    def __init__(
        self, say: Say, policy: RestartPolicy | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._policy = policy or RestartPolicy()
        self._clock = clock
        self._watched: list[_Watched] = []

    def watch(self, units: Iterable[Unit]) -> None:
        """Supervise these units, which are running."""
        self._watched += [_Watched(unit, self._clock()) for unit in units]

    def run_forever(self) -> None:
        """Check the units every POLL_INTERVAL.

        Raises:
            DevstackError: a unit has failed too often in a row.
        """
        while True:
            self.check()
            time.sleep(POLL_INTERVAL)

    def check(self) -> None:
        """Plan a restart of each unit that has crashed, and start those whose delay is over.

        Raises:
            DevstackError: a unit has failed too often in a row.
        """
        for watched in self._watched:
            if watched.start_at is not None:
                self._start_if_due(watched, watched.start_at)
            elif not watched.unit.is_running:
                self._plan_restart(watched)

    def _plan_restart(self, watched: _Watched) -> None:
        unit, now = watched.unit, self._clock()
        watched.failures = self._policy.failures_after(watched.failures, now - watched.started_at)
        delay = self._policy.delay(watched.failures)
        if delay is None:
            raise DevstackError(
                f"{unit.name} failed {watched.failures} times in a row and {ending(unit.exit_status)}; "
                f"giving up. Its log {unit.log} ends with:\n{last_lines(unit.log)}"
            )
        self._say(f"{unit.name} {ending(unit.exit_status)}; starting it again in {delay:g} s (log: {unit.log})")
        unit.kill()
        watched.start_at = now + delay

    def _start_if_due(self, watched: _Watched, start_at: float) -> None:
        now = self._clock()
        if now >= start_at:
            watched.unit.start()
            watched.started_at, watched.start_at = now, None


def ending(exit_status: int | None) -> str:
    """How a process ended, as part of a message."""
    if exit_status is None or exit_status >= 0:
        return f"ended with status {exit_status}"
    try:
        return f"was killed by {signal.Signals(-exit_status).name}"
    except ValueError:
        return f"was killed by signal {-exit_status}"
