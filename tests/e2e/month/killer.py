"""Kills one process after the other by SIGKILL, and starts it again, as the work of a month goes on."""

import threading
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from types import TracebackType
from typing import Self

from tests.e2e.system import System

VICTIMS = ("inventory", "web", "orders", "relay", "invoicing")
EVERY = 30  # answers that staff get between two kills
AWAY = 0.3  # seconds that one is
LOOK = 0.05  # seconds between two looks at how far the work has come


class Killer:
    """A context in which processes are killed; `killed` counts them by name, `answers` is how far the work has come."""

    def __init__(self, system: System, answers: Callable[[], int]) -> None:
        self.killed: Counter[str] = Counter()
        self._system, self._answers = system, answers
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        for name in cycle(VICTIMS):
            due = self._answers() + EVERY
            while self._answers() < due:
                if self._over.wait(LOOK):
                    return
            self._system.kill(name)
            self._over.wait(AWAY)
            self._system.start(name)
            self._system.settle(name)
            self.killed[name] += 1
