"""Granian, as far as an application sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field


class FakeHeaders:
    def __init__(self, items: Sequence[tuple[str, str]]) -> None:
        self._items = list(items)

    def get(self, key: str, default: str = "") -> str:
        return dict(self._items).get(key, default)

    def items(self) -> list[tuple[str, str]]:
        return self._items


@dataclass
class FakeScope:
    path: str = "/orders"
    method: str = "POST"
    headers: FakeHeaders = field(default_factory=lambda: FakeHeaders([]))
    query_string: str = ""
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "10.1.2.3:50000"
    scheme: str = "http"

    @classmethod
    def with_body(cls, length: int, **more) -> "FakeScope":
        return cls(headers=FakeHeaders([("content-length", str(length))]), **more)


class FakeExchange:
    """A client that sends these chunks, and nothing more if it is `silent`."""

    def __init__(self, *chunks: bytes, silent: bool = False, broken: bool = False) -> None:
        self._chunks = chunks
        self._silent = silent
        self._broken = broken
        self.was_read = False
        self.answers: list[tuple[int, dict[str, str], bytes]] = []

    async def __call__(self) -> bytes:
        return b"".join([chunk async for chunk in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.was_read = True
        for chunk in self._chunks:
            yield chunk
            await asyncio.sleep(0)  # others' turn
        if self._silent:
            await asyncio.Event().wait()
        if self._broken:
            raise RuntimeError("stream")

    def response_bytes(self, status, headers, body) -> None:
        self.answers.append((status, dict(headers), body))

    @property
    def statuses(self) -> list[int]:
        return [status for status, _, _ in self.answers]
