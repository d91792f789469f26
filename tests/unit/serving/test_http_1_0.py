"""Responses to clients of HTTP/1.0, on real connections.

diennea/carapaceproxy#346: the sizes of chunks were taken for a part of the file. getodk/central#1736: without chunks,
as behind nginx by its defaults, a file whose making had failed passed for a whole one.
"""

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from serving.connections import ConnectionTable
from serving.protocol import CONNECTIONS, EXPECT, IS_FULL, REJECTIONS, SHEDDER, LimitedProtocol
from serving.rejections import RejectionLog
from serving.shedding import Shedder

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]}
END = {"type": "http.response.body", "body": b""}


def chunk(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def received(*messages: dict[str, Any], method: bytes = b"GET") -> bytes:
    """All that a client gets until its connection ends, where an application sends these messages."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    async def scenario() -> bytes:
        config = Config(application, http=LimitedProtocol, log_config=None)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: LimitedProtocol(config, ServerState(), _state()), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(method + b" /orders.csv HTTP/1.0\r\n\r\n")
            try:
                return await reader.read()
            finally:
                writer.close()

    return asyncio.run(scenario())


def _state() -> dict[str, Any]:
    table = ConnectionTable(max_connections=9, max_per_address=9, head_timeout=9, is_proxy=lambda _: False)
    rest = {EXPECT: lambda _: None, IS_FULL: lambda _: False, SHEDDER: Shedder(lambda _: False)}
    return {CONNECTIONS: table, REJECTIONS: RejectionLog(), **rest}


def test_a_stream_has_no_chunks_and_ends_with_its_connection():
    head, _, body = received(START, chunk(b"sku\r\n"), chunk(b"MUG\r\n"), END).partition(b"\r\n\r\n")

    assert b"transfer-encoding" not in head
    assert b"\r\nconnection: close" in head
    assert body == b"sku\r\nMUG\r\n"


def test_a_stream_that_breaks_off_ends_with_a_reset():
    with pytest.raises(ConnectionResetError):
        received(START, chunk(b"sku\r\n"), chunk(b"MUG\r\n"))


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_response_with_a_length_ends_in_good_order(method):
    whole = START | {"headers": [(b"content-length", b"3")]}
    body = received(whole, END | {"body": b"sku"}, method=method).partition(b"\r\n\r\n")[2]

    assert body == (b"sku" if method == b"GET" else b"")


def test_the_head_of_a_stream_ends_in_good_order():
    assert received(START, END, method=b"HEAD").endswith(b"\r\n\r\n")
