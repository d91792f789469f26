"""Waiting in the event loop for futures of other threads."""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any


class OutcomeWaiter:
    """Lets coroutines of one event loop wait for futures of other threads.

    Futures that are done together, like those of a group commit, wake the loop once; with `asyncio.wrap_future`, each
    would write to the loop's pipe.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[asyncio.Future[None]] = deque()
        self._is_awake = False

    async def wait(self, outcome: "Future[Any]", timeout: float) -> None:
        """Return when the outcome is done, or after so many seconds."""
        waiter = self._loop.create_future()
        outcome.add_done_callback(lambda _: self._wake(waiter))
        timer = self._loop.call_later(timeout, _end, waiter)
        try:
            await waiter
        finally:
            timer.cancel()

    def _wake(self, waiter: "asyncio.Future[None]") -> None:
        """Called by the thread that sets the future's result, or by the loop's own if it is set already."""
        self._done.append(waiter)
        if not self._is_awake:
            self._is_awake = True
            self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        self._is_awake = False
        while self._done:
            _end(self._done.popleft())


def _end(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
