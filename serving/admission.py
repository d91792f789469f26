"""Admission control: a limit of requests in flight, and a short queue for others."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from serving.exceptions import Overloaded
from serving.metrics import QUEUED


class AdmissionQueue:
    """The queue of requests that wait to be served. For one event loop only.

    Args:
        max_in_flight: requests that are served at a time.
        max_queued: requests that may wait; further ones are rejected at once.
        timeout: seconds that a request may wait before it is rejected.
        timeout_when_saturated: the same while the queue has not been empty in the last `timeout` seconds. In a standing
            queue a longer wait does not help (CoDel, RFC 8289; the two limits are those of B. Maurer, "Fail at Scale",
            ACM Queue 13 (8), 2015).
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
        self.max_in_flight = max_in_flight
        self.max_queued = max_queued
        self._timeout = timeout
        self._timeout_when_saturated = timeout_when_saturated
        self._clock = clock
        self._in_flight = 0
        self._expected = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._empty_at = float("-inf")
        self._is_stuck = False  # no request has left the queue since one timed out

    @property
    def is_full(self) -> bool:
        """Whether a request that comes now is rejected."""
        return self._in_flight + len(self._queue) + self._expected >= self.max_in_flight + self.max_queued

    def expect(self) -> None:
        """Reserve a place for a request whose task is about to start.

        Tasks start in the next iteration of the event loop. Without reservations, one free place would let in all
        requests that this iteration reads, and most of them would be rejected later, at many times the cost.
        """
        self._expected += 1

    def arrived(self) -> None:
        """End a reservation: the task of the request has started."""
        self._expected -= 1

    async def enter(self) -> None:
        """Return once the request is in flight; `leave` ends that.

        Raises:
            Overloaded: the queue is full, or did not move for too long.
        """
        if self._in_flight < self.max_in_flight:
            self._in_flight += 1
        elif len(self._queue) < self.max_queued:
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
        finally:
            QUEUED.observe(self._clock() - now)

    def _withdraw(self, place: "asyncio.Future[None]") -> None:
        """Remove a place from the queue, or release the place in flight that it has just been given."""
        if place in self._queue:
            self._queue.remove(place)
        elif place.done() and not place.cancelled():
            self.leave()
