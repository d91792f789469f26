"""A few threads that serve, and the few requests that may wait for one of them, not for long."""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

import structlog

log = structlog.get_logger(__name__)

Step = Callable[[], None]


class Job:
    """A request that waits: it is either served or refused, whoever comes first."""

    __slots__ = ("_steps", "overdue_at")

    def __init__(self, serve: Step, refuse: Step, overdue_at: float) -> None:
        self._steps = [(serve, refuse)]
        self.overdue_at = overdue_at

    @property
    def is_taken(self) -> bool:
        return not self._steps

    def take(self) -> tuple[Step, Step] | None:
        """How to serve it and how to refuse it, for the first who asks, in whatever thread. It is let go by that."""
        try:
            return self._steps.pop()
        except IndexError:
            return None


class Lane:
    """Serves requests in threads of its own. Only the event loop's thread may call its methods.

    Args:
        threads: that serve.
        waiting: requests that may wait for a thread.
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
        waiting: int,
        patience: float,
        busy_patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = waiting
        self._patience = patience
        self._busy_patience = busy_patience
        self._empty_at = float("-inf")
        self._coming = 0
        self._moment = 0  # ticks so far
        self._clock = clock
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._by_age: deque[Job] = deque()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout: float) -> None:
        """End the threads once they have served what waits; seconds to wait for each."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout)

    @property
    def is_full(self) -> bool:
        """Whether as many wait as may, or are about to."""
        return self._queue.qsize() + self._coming >= self._waiting

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
        if self._queue.empty():
            self._empty_at = now
        is_busy = now - self._empty_at >= self._patience
        job = Job(serve, refuse, now + (self._busy_patience if is_busy else self._patience))
        self._by_age.append(job)
        self._queue.put(job)

    def tick(self) -> None:
        """Keep no room for bodies that are slow to come, and refuse those who have waited for too long.

        To be called several times a second.
        """
        self._moment += 1
        self._coming = 0
        now = self._clock()
        while self._by_age and (self._by_age[0].is_taken or self._by_age[0].overdue_at <= now):
            if steps := self._by_age.popleft().take():
                _, refuse = steps
                refuse()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if steps := job.take():
                _serve(steps[0])
                del steps  # with the body: the next job may be long in coming


def _serve(serve: Step) -> None:
    try:
        serve()
    except BaseException:  # a thread that ends is missed for ever; a panic of Granian's is no Exception
        log.exception("serving_failed")
