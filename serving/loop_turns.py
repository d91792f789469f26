"""Limiting the work of one iteration of the event loop."""

import asyncio
from collections import deque


class LoopTurns:
    """Limits how many pieces of work, of about a millisecond each, run in one iteration of the event loop.

    The loop runs everything that is ready before it polls its sockets again. If that were a hundred orders, no
    connection would be accepted meanwhile (uvloop accepts one in an iteration), nor a request rejected.

    Args:
        per_iteration: pieces of work in one iteration.
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
