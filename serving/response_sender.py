"""Sending Django's responses by ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpResponseBase

from common.postgres import refresh_connection
from serving.django_calls import Caller
from serving.request_body import Receive
from serving.request_head import header

Send = Callable[[Mapping[str, Any]], Awaitable[None]]  # ASGI's
log = structlog.get_logger(__name__)

RawHeaders = list[tuple[bytes, bytes]]

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_CHUNK = 64 * 1024  # bytes
CHUNK_TIMEOUT = 30.0  # seconds that a client may take to receive one chunk of a stream
_UNSENT_MEMORY = 128 * 1024 * 1024  # bytes


class UnsentResponses:
    """A limit on the memory of large responses whose requests hold no place any more. For one event loop only.

    Small ones do not count, because their number is limited by that of connections.
    """

    def __init__(self) -> None:
        self._free = _UNSENT_MEMORY

    @contextmanager
    def hold(self, response: HttpResponseBase) -> Iterator[bool]:
        """Whether the response is within the limit, while it is sent; a stream never is, as it goes on being made."""
        size = 0 if response.streaming else len(response.content)  # type: ignore[attr-defined]
        if response.streaming or size > max(self._free, _CHUNK):
            yield False
            return
        counted = size if size > _CHUNK else 0
        self._free -= counted
        try:
            yield True
        finally:
            self._free += counted


async def send_response(response: HttpResponseBase, send: Send, caller: Caller, receive: Receive) -> None:
    """Send a response and close it."""
    try:
        headers = _headers(response)
        if response.streaming:
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await _send_stream(response, send, caller, receive)
        else:
            await send_whole(send, response.status_code, headers, response.content)  # type: ignore[attr-defined]
    finally:
        response.close()


async def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Send a response that is not streamed; a large one in chunks, at the speed of its client."""
    if status not in BODILESS and not header(headers, b"content-length"):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if len(body) > _CHUNK:
        async with asyncio.timeout(CHUNK_TIMEOUT + len(body) / _CHUNK):
            for start in range(0, len(body) - _CHUNK, _CHUNK):
                await _send_chunk(send, body[start : start + _CHUNK])
        body = body[(len(body) - 1) // _CHUNK * _CHUNK :]
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=256)
def _lower(name: str) -> bytes:
    """A header's name as ASGI wants it; there are some dozens, all of them this product's own."""
    return name.lower().encode("latin-1")


def _headers(response: HttpResponseBase) -> RawHeaders:
    headers = [(_lower(name), value.encode("latin-1")) for name, value in response.items()]
    cookies = [cookie.output(header="").strip().encode("latin-1") for cookie in response.cookies.values()]
    return headers + [(b"set-cookie", cookie) for cookie in cookies]


async def _send_stream(response: HttpResponseBase, send: Send, caller: Caller, receive: Receive) -> None:
    """Send the chunks of a streaming response. After an error it stays incomplete, and the connection is closed.

    Each chunk is made after the one before was sent, in any free thread, so that a slow client holds no thread and
    little memory. The iterator must not keep anything open between two chunks, such as a cursor.
    """
    chunks: Iterator[bytes] = iter(response)
    gone = asyncio.ensure_future(_disconnect(receive))
    try:
        while (chunk := await caller.run(_next_of, chunks)) is not None and not gone.done():
            async with asyncio.timeout(CHUNK_TIMEOUT + len(chunk) / _CHUNK):
                for start in range(0, len(chunk), _CHUNK):
                    await _send_chunk(send, chunk[start : start + _CHUNK])
    except Exception:  # without the end of the body, the client notices that it is incomplete
        log.exception("response_broke_off", request_id=response.headers.get("X-Request-ID"))
        return
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _disconnect(receive: Receive) -> None:
    """Return once the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _next_of(chunks: Iterator[bytes]) -> bytes | None:
    refresh_connection()
    return next(chunks, None)


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})
