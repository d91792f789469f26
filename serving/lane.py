"""A few threads that serve, and the few requests that may wait for one of them, not for long."""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from serving.crew import Crew, Step

log = structlog.get_logger(__name__)


class Job(NamedTuple):
    """A request that waits: it is either served, by a thread, or refused, once it is overdue."""

    serve: Step
    refuse: Step
    overdue_at: float


class Lane:
    """Serves requests in threads of its own. Only the event loop's thread may call its methods.

    Args:
        threads: that serve.
        at_once: requests that are being served, at most: those that wait for something while others are served count.
        waiting: requests that may wait to be served.
        patience: seconds that one may wait at most; it is refused then, by `tick`.
        busy_patience: the same once somebody has waited all through the last `patience` seconds. A queue that stands
            is no hiccup: to wait in it longer serves nobody sooner (CoDel's insight, RFC 8289; the two limits are
            those of B. Maurer, "Fail at Scale", ACM Queue 13 (8), 2015).
    """

    def __init__(
        self,
        name: str,
        *,
        threads: int,
        at_once: int,
        waiting: int,
        patience: float,
        busy_patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._waiting = waiting
        self._patience = patience
        self._busy_patience = busy_patience
        self._empty_at = float("-inf")
        self._is_stuck = False  # no thread has looked since somebody was refused
        self._coming = 0
        self._moment = 0  # ticks so far
        self._clock = clock
        self._jobs: deque[Job] = deque()
        self._served = 0  # at this moment
        self._taking = threading.Lock()
        self._crew = Crew(name, threads=threads, take=self._take, waiting=lambda: len(self._jobs), clock=clock)

    def start(self) -> None:
        self._crew.start()

    def stop(self, *, timeout: float) -> None:
        """End the threads once they have served what waits; seconds to wait for each."""
        self._crew.stop(timeout=timeout)

    @property
    def is_full(self) -> bool:
        """Whether as many wait as may, or are about to."""
        return len(self._jobs) + self._coming >= self._waiting

    def expect(self) -> int:
        """Keep room for a request whose body is on its way; to be given to `arrived`.

        Without it, all those that see the same room would have their bodies read, most of them only to be refused.
        """
        self._coming += 1
        return self._moment

    def arrived(self, moment: int) -> None:
        """Need no room any more for what was expected then: it is here, or won't come."""
        if moment == self._moment:
            self._coming -= 1

    def enter(self, serve: Step, refuse: Step) -> None:
        """Have `serve` called by one of the threads; or else `refuse`, by this one. Ask `is_full` before."""
        now = self._clock()
        if not self._jobs and not self._is_stuck:
            self._empty_at = now
        is_busy = now - self._empty_at >= self._patience
        self._jobs.append(Job(serve, refuse, now + (self._busy_patience if is_busy else self._patience)))
        self._crew.call()

    def tick(self) -> None:
        """Keep no room for bodies that are slow to come, and refuse those who have waited for too long.

        To be called several times a second.
        """
        self._moment += 1
        self._coming = 0
        now = self._clock()
        while job := self._overdue(now):
            job.refuse()
        self._crew.tick()

    def _overdue(self, now: float) -> Job | None:
        with self._taking:
            if not self._jobs or self._jobs[0].overdue_at > now:
                return None
            self._is_stuck = True
            return self._jobs.popleft()

    def _take(self) -> Step | None:
        with self._taking:
            if self._served >= self._at_once:
                return None
            self._is_stuck = False
            if not self._jobs:
                return None
            self._served += 1
            return partial(self._serve, self._jobs.popleft().serve)

    def _serve(self, serve: Step) -> None:
        try:
            serve()
        except BaseException:  # a thread that ends is missed for ever; a panic of Granian's is no Exception
            log.exception("serving_failed")
        finally:
            with self._taking:
                self._served -= 1
