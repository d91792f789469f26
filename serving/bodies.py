"""Collecting the bodies of requests: with a time limit for each, and a limit on what they hold in memory together."""

import asyncio

from serving.exceptions import BodyBrokenOff, BodyTooSlow, Overloaded
from serving.rsgi import Exchange

SMALL = 64 * 1024  # bytes: so little is not counted, since the number of connections bounds it


class Bodies:
    """All bodies of a process. For its event loop only.

    Args:
        largest: bytes; a longer body is left unread, for Django to refuse by its Content-Length.
        together: bytes that bodies which are not small may hold at the same time.
        seconds: that any body may take, and a second more for each `SMALL` bytes of its length.
    """

    def __init__(self, *, largest: int, together: int, seconds: float) -> None:
        self._largest = largest
        self._free = together
        self._seconds = seconds

    async def read(self, exchange: Exchange, length: int) -> bytes:
        """The body of a request that announced so many bytes; to be given to `release` when it is not needed any more.

        Raises:
            BodyTooSlow, BodyBrokenOff: it did not come.
            Overloaded: there is no room for it.
        """
        if not 0 < length <= self._largest:
            return b""
        try:
            async with asyncio.timeout(self._seconds + length / SMALL):
                return await (exchange() if length <= SMALL else self._gather(exchange))
        except TimeoutError:
            raise BodyTooSlow(BodyTooSlow.__doc__) from None
        except RuntimeError as error:  # granian's, for a stream that ended early
            raise BodyBrokenOff(BodyBrokenOff.__doc__) from error

    def release(self, body: bytes) -> None:
        if len(body) > SMALL:
            self._free += len(body)

    async def _gather(self, exchange: Exchange) -> bytes:
        """Counts what has come, not what was announced: announcing takes nothing from others."""
        chunks: list[bytes] = []
        try:
            async for chunk in exchange:
                chunks.append(chunk)
                self._take(len(chunk))
        except BaseException:
            self._free += sum(map(len, chunks))
            raise
        return b"".join(chunks)

    def _take(self, size: int) -> None:
        self._free -= size
        if self._free < 0:
            raise Overloaded(Overloaded.__doc__)
