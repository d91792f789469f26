"""Reading bodies of requests, with limits of their size and time, and of the memory of all together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from serving.exceptions import BodyIncomplete, BodyTooLarge, BodyTooSlow, Overloaded

SMALL = 64 * 1024  # bytes: smaller bodies do not count, because their number is limited by that of connections

Receive = Callable[[], Awaitable[Mapping[str, Any]]]  # ASGI's


class BodyReader:
    """Reads the bodies of all requests of a process. For its event loop only.

    Args:
        max_size: bytes; a longer body is rejected, before any of it is read if its length was announced.
        memory_limit: bytes of all bodies in memory that are not small.
        timeout: seconds for any body, and a second more for each `SMALL` bytes of its announced length.
    """

    def __init__(self, *, max_size: int, memory_limit: int, timeout: float) -> None:
        self._max_size = max_size
        self._free = memory_limit
        self._timeout = timeout

    def check(self, length: int | None) -> None:
        """Raises:
        BodyTooLarge: by the announced length.
        """
        if length is not None and length > self._max_size:
            raise self._too_large()

    async def read(self, receive: Receive, length: int | None) -> bytes:
        """The body; call `release` when it is not needed any more.

        Args:
            length: bytes by Content-Length; None if the body is chunked.

        Raises:
            BodyTooLarge, BodyTooSlow, BodyIncomplete: the body is not within the limits, or not complete.
            Overloaded: the memory limit is reached.
        """
        if length == 0:
            return b""
        self.check(length)
        try:
            async with asyncio.timeout(self._timeout + (length or self._max_size) / SMALL):
                body = await self._gather(receive)
        except TimeoutError:
            raise BodyTooSlow from None
        if length is not None and len(body) != length:
            self.release(body)
            raise BodyIncomplete
        return body

    def release(self, body: bytes) -> None:
        """Return the memory of a body to the limit of all."""
        if len(body) > SMALL:
            self._free += len(body)

    async def _gather(self, receive: Receive) -> bytes:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body") and len(message["body"]) <= SMALL:
            return bytes(message["body"])
        body = _Chunks()
        try:
            while self._add(body, message):
                message = await receive()
        except BaseException:
            self._free += body.size
            raise
        if body.size <= SMALL:
            self._free += body.size
        return b"".join(body.chunks)

    def _add(self, body: "_Chunks", message: Mapping[str, Any]) -> bool:
        """Add a message to a body; whether there is more to come. Received bytes count, not the announced length."""
        if message["type"] != "http.request":
            raise BodyIncomplete
        body.add(message["body"])
        self._free -= len(message["body"])
        if self._free < 0:
            raise Overloaded
        if body.size > self._max_size:
            raise self._too_large()
        return bool(message.get("more_body"))

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body may have up to {self._max_size} bytes ({self._max_size / 1024**2:g} MiB)")


class _Chunks:
    """The received part of a body."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self.size += len(chunk)
