"""A few threads that serve many requests: while one waits, its thread serves others.

A request is served in a greenlet (https://greenlet.readthedocs.io): with a stack and context variables of its own, in
one thread. `wait` puts it aside until a future is done. So requests that wait for a group commit take no threads: one
warm thread serves what many would in turns, each of which would have to fetch the GIL and the caches first. What blocks
in any other way, such as a query, blocks its thread; whoever says so by `blocking` makes another one come and serve.

What belongs to a thread, such as its database connection, is used in turns by the requests in it. So a request may not
`wait` in the middle of using it: not in a transaction.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")
Step = Callable[[], None]


class _Here(threading.local):
    worker: "_Worker | None" = None


_here = _Here()


def wait(future: Future[T], timeout: float) -> T:
    """As `future.result(timeout)`. A thread of a crew serves others meanwhile, and looks at the time once in a tick."""
    if _here.worker is not None and not future.done():
        _here.worker.put_aside(future, timeout)
        timeout = 0
    return future.result(timeout)


@contextmanager
def blocking() -> Iterator[None]:
    """Around what blocks a thread, if it is one of a crew's: another one may serve meanwhile."""
    worker = _here.worker
    if worker is None:
        yield
        return
    worker.crew.note_blocked(1)
    try:
        yield
    finally:
        worker.crew.note_blocked(-1)


class Crew:
    """Threads that serve what they `take`.

    Args:
        take: a step to be done, or None if there is none now; called by any of the threads.
        waiting: how many there are to be taken.
    """

    def __init__(
        self,
        name: str,
        *,
        threads: int,
        take: Callable[[], Step | None],
        waiting: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.take = take
        self.clock = clock
        self.lock = threading.Lock()
        self.idle: list[_Worker] = []  # the warmest is the last
        self.calls = 0
        self.taken = 0
        self.is_stopping = False
        self._waiting = waiting
        self._blocked = 0
        self._taken_before = 0
        self._workers = [_Worker(f"{name}-{number}", self) for number in range(threads)]

    def start(self) -> None:
        for worker in self._workers:
            worker.thread.start()

    def call(self, *, anyway: bool = False) -> None:
        """Say that there is something to take. An idle thread comes, but not while another one is at work and will
        look soon: two would only fight for the GIL.
        """
        with self.lock:
            self.calls += 1
            at_work = len(self._workers) - len(self.idle) - self._blocked
            worker = self.idle.pop() if self.idle and (anyway or at_work < 1) else None
        if worker is not None:
            worker.wake()

    def note_blocked(self, change: int) -> None:
        with self.lock:
            self._blocked += change
        if change > 0 and self._waiting():
            self.call()

    def tick(self) -> None:
        """End waits that have lasted for as long as they may, and see to it that somebody serves.

        To be called several times a second.
        """
        if self._waiting() and self.taken == self._taken_before:
            self.call(anyway=True)
        self._taken_before = self.taken
        for worker in self._workers:
            worker.end_waits()

    def stop(self, *, timeout: float) -> None:
        """End the threads once there is nothing to take and nobody waits any more; seconds to wait for each."""
        with self.lock:
            self.is_stopping = True
            self.calls += 1
            idle, self.idle = self.idle, []
        for worker in idle:
            worker.wake()
        for worker in self._workers:
            worker.thread.join(timeout)


@dataclass(frozen=True, slots=True, eq=False)
class _Aside:
    """A request that waits."""

    request: greenlet
    overdue_at: float


class _Worker:
    """One of the threads. `put_aside` is for the requests in it."""

    def __init__(self, name: str, crew: Crew) -> None:
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.crew = crew
        self._ready: deque[greenlet] = deque()
        self._aside: set[_Aside] = set()
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def put_aside(self, future: Future[T], timeout: float) -> None:
        """Return when the future is done, or after the timeout."""
        aside = _Aside(getcurrent(), self.crew.clock() + timeout)
        with self.crew.lock:
            self._aside.add(aside)
        future.add_done_callback(lambda _: self._go_on_with(aside))
        self._hub.switch()

    def wake(self) -> None:
        """Call once for each time that it is taken from those who are idle."""
        self._asleep.release()

    def end_waits(self) -> None:
        now = self.crew.clock()
        with self.crew.lock:
            overdue = [aside for aside in self._aside if aside.overdue_at <= now]
        for aside in overdue:
            self._go_on_with(aside)

    def _go_on_with(self, aside: _Aside) -> None:
        """Only the first call counts, be it that the future is done or that the time is up."""
        with self.crew.lock:
            if aside not in self._aside:
                return
            self._aside.remove(aside)
            self._ready.append(aside.request)
            if is_idle := self in self.crew.idle:
                self.crew.idle.remove(self)
        if is_idle:
            self.wake()

    def _work(self) -> None:
        _here.worker = self
        self._hub = getcurrent()
        while True:
            calls = self.crew.calls
            if self._ready:
                self._ready.popleft().switch()
            elif step := self.crew.take():
                self.crew.taken += 1
                self._begin(step)
                del step  # with the request's body: the next may be long in coming
            elif not self._rest(calls):
                return

    def _begin(self, step: Step) -> None:
        request = greenlet(step)
        request.gr_context = copy_context()
        request.switch()

    def _rest(self, calls: int) -> bool:
        """Sleep until there may be something to do; False if there won't ever be. `calls`: as many were looked into."""
        with self.crew.lock:
            if self._ready or self.crew.calls != calls:
                return True
            if self.crew.is_stopping and not self._aside:
                return False
            self.crew.idle.append(self)
        self._asleep.acquire()
        return True
