"""Fakes of what surrounds the application: the web server as ASGI shows it, and connections without a network."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from serving.protocol import LimitedProtocol

Headers = Sequence[tuple[bytes, bytes]]


def scope(path: str = "/orders", *, method: str = "POST", headers: Headers = (), **more: Any) -> dict[str, Any]:
    """The scope of a request, with a Host by default."""
    named = dict(headers)
    return {
        "type": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("10.1.2.3", 50000),
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*headers] if b"host" in named else [(b"host", b"shop.example"), *headers],
        **more,
    }


def with_body(length: int, path: str = "/orders", **more: Any) -> dict[str, Any]:
    return scope(path, headers=[(b"content-length", b"%d" % length)], **more)


class Client:
    """Sends these chunks, and then nothing more if it is `silent`, or goes away if it is `gone`. Keeps what it gets.

    Once it has sent all, it goes away, unless it `stays`.
    """

    def __init__(self, *chunks: bytes, silent: bool = False, gone: bool = False, stays: bool = False) -> None:
        self._chunks = [*chunks] or [b""]
        self._silent = silent
        self._gone = gone
        self._stays = stays
        self.reads = 0
        self.may_send_the_rest = asyncio.Event()
        self.may_send_the_rest.set()
        self.messages: list[Mapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        self.reads += 1
        await asyncio.sleep(0)  # others' turn
        if self.reads > 1:
            await self.may_send_the_rest.wait()
        if self._chunks:
            body = self._chunks.pop(0)
            more = bool(self._chunks) or self._silent or self._gone
            return {"type": "http.request", "body": body, "more_body": more}
        if self._silent or self._stays:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])


class Wire(asyncio.Transport):
    """A transport that collects what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.reads = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def connection(application: Any, state: dict[str, Any], *, keep_alive: int = 60) -> tuple[LimitedProtocol, Wire]:
    """A new connection to an application, which has filled the state at its start. To be called in an event loop."""
    config = Config(application, http=LimitedProtocol, timeout_keep_alive=keep_alive, log_config=None)
    config.load()
    protocol, wire = LimitedProtocol(config, ServerState(), state), Wire()
    protocol.connection_made(wire)
    return protocol, wire
