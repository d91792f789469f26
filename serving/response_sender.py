"""Sending Django's responses by ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponseBase

from serving.django_calls import Caller
from serving.request_head import header

Send = Callable[[Mapping[str, Any]], Awaitable[None]]  # ASGI's
RawHeaders = list[tuple[bytes, bytes]]

_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_CHUNK = 64 * 1024  # bytes
CHUNK_TIMEOUT = 30.0  # seconds that a client may take to receive one chunk of a stream


async def send_response(response: HttpResponseBase, send: Send, caller: Caller) -> None:
    """Send a response and close it."""
    try:
        headers = _headers(response)
        if response.streaming:
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await _send_chunks(response, send, caller)
        else:
            await send_whole(send, response.status_code, headers, response.content)  # type: ignore[attr-defined]
    finally:
        response.close()


async def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Send a response that is there as a whole; a large one no faster than its client takes it."""
    if status not in _BODILESS and not header(headers, b"content-length"):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if len(body) > _CHUNK:
        async with asyncio.timeout(CHUNK_TIMEOUT + len(body) / _CHUNK):
            for start in range(0, len(body) - _CHUNK, _CHUNK):
                await _send_chunk(send, body[start : start + _CHUNK])
        body = body[(len(body) - 1) // _CHUNK * _CHUNK :]
    await send({"type": "http.response.body", "body": body})


def _headers(response: HttpResponseBase) -> RawHeaders:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [cookie.output(header="").strip().encode("latin-1") for cookie in response.cookies.values()]
    return headers + [(b"set-cookie", cookie) for cookie in cookies]


async def _send_chunks(response: HttpResponseBase, send: Send, caller: Caller) -> None:
    """Each chunk is made when the one before is on its way: however long the stream, little of it is in memory."""
    loop = asyncio.get_running_loop()

    def pump() -> None:
        """In one thread, since a database connection stays in its own."""
        chunks: Iterable[bytes] = iter(response)
        for chunk in chunks:
            sent = asyncio.run_coroutine_threadsafe(_send_chunk(send, chunk), loop)
            sent.result(CHUNK_TIMEOUT)

    await caller.run(pump)
    await send({"type": "http.response.body", "body": b""})


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})
