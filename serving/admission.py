"""Admission control: so many requests at a time, a short queue for those that come on top, and nobody else."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from serving.exceptions import Overloaded


class AdmissionQueue:
    """Admits requests to what serves them. For one event loop only.

    Args:
        max_in_flight: requests that are served at a time.
        max_queued: requests that may wait for that; more are rejected at once.
        timeout: seconds that one may wait; then it is rejected.
        timeout_when_saturated: the same once there has been a queue for all of the last `timeout` seconds. A queue that
            stands is no hiccup: to wait in it longer serves nobody sooner (CoDel, RFC 8289; the two limits are those of
            B. Maurer, "Fail at Scale", ACM Queue 13 (8), 2015).
    """

    def __init__(
        self,
        *,
        max_in_flight: int,
        max_queued: int,
        timeout: float,
        timeout_when_saturated: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_in_flight = max_in_flight
        self._max_queued = max_queued
        self._timeout = timeout
        self._timeout_when_saturated = timeout_when_saturated
        self._clock = clock
        self._in_flight = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._empty_at = float("-inf")
        self._is_stuck = False  # nothing left the queue since a request in it timed out

    @property
    def is_full(self) -> bool:
        """Whether a request that comes now is rejected."""
        return self._in_flight >= self._max_in_flight and len(self._queue) >= self._max_queued

    async def enter(self) -> None:
        """Return once the request is in flight; `leave` ends that.

        Raises:
            Overloaded: the queue is full, or did not move for too long.
        """
        if self._in_flight < self._max_in_flight:
            self._in_flight += 1
        elif len(self._queue) < self._max_queued:
            await self._wait()
        else:
            raise Overloaded

    def leave(self) -> None:
        """End a request in flight; the first in the queue takes its place."""
        self._is_stuck = False
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._in_flight -= 1

    async def _wait(self) -> None:
        now = self._clock()
        if not self._queue and not self._is_stuck:
            self._empty_at = now
        is_saturated = now - self._empty_at >= self._timeout
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            async with asyncio.timeout(self._timeout_when_saturated if is_saturated else self._timeout):
                await place
        except BaseException as error:
            self._withdraw(place)
            if isinstance(error, TimeoutError):
                self._is_stuck = True
                raise Overloaded from None
            raise

    def _withdraw(self, place: "asyncio.Future[None]") -> None:
        """Give up a place in the queue, or the one in flight that was handed over at this very moment."""
        if place in self._queue:
            self._queue.remove(place)
        elif place.done() and not place.cancelled():
            self.leave()
