"""Sharing the event loop between short work and long."""

import asyncio
from collections import deque


class LoopTurns:
    """Has work that takes about a millisecond done a little in each iteration of the event loop.

    All that is ready runs before the loop looks at its sockets again. If that were a hundred orders, no connection
    would be accepted meanwhile (uvloop accepts one in an iteration), nor a request rejected.

    Args:
        per_iteration: turns that are given in one iteration.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, per_iteration: int) -> None:
        self._loop = loop
        self._per_iteration = per_iteration
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_scheduled = False

    async def take(self) -> None:
        """Return when it is this coroutine's turn; first come, first served."""
        turn = self._loop.create_future()
        self._waiting.append(turn)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._give)
        await turn

    def _give(self) -> None:
        for _ in range(min(self._per_iteration, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        self._is_scheduled = bool(self._waiting)
        if self._is_scheduled:
            self._loop.call_soon(self._give)
