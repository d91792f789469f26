"""Connections of an overloaded server, without a network."""

import asyncio
from typing import Any

import pytest

from serving.connections import NEVER, ConnectionTable
from serving.protocol import CONNECTIONS, EXPECT, IS_FULL, REJECTIONS, SHEDDER, LimitedProtocol
from serving.rejections import RejectionLog
from serving.shedding import Shedder
from tests.unit.serving.fakes import Wire, connection

GET = b"GET /orders HTTP/1.1\r\nHost: shop\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")
KEEP_ALIVE = 3600  # seconds


def is_full(scope: Any) -> bool:
    return True


def expect(scope: Any) -> None:
    raise AssertionError("a request was let in")


def connect(is_full: Any = is_full, expect: Any = expect) -> tuple[LimitedProtocol, Wire]:
    """A new connection to a server, by default one that rejects every request. To be called in an event loop."""
    table = ConnectionTable(max_connections=9, max_per_address=9, head_timeout=9, is_proxy=lambda address: False)
    state = {
        CONNECTIONS: table,
        REJECTIONS: RejectionLog(),
        IS_FULL: is_full,
        EXPECT: expect,
        SHEDDER: Shedder(is_full),
    }
    return connection(None, state, keep_alive=KEEP_ALIVE)


def rejected(*pieces: bytes) -> bytes:
    """The response to these bytes."""

    async def scenario() -> bytes:
        protocol, wire = connect()
        for piece in pieces:
            protocol.data_received(piece)
        return wire.written

    return asyncio.run(scenario())


@pytest.mark.parametrize("pieces", [[HEAD], [HEAD[:20], HEAD[20:]]])
def test_a_head_that_is_rejected_has_no_body(pieces):
    """RFC 9110, 9.3.2: a client would take the body for the beginning of the next response (fujita/swift3#74)."""
    head, _, body = rejected(*pieces).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503 ")
    assert body == b""


def test_a_get_that_comes_in_parts_is_rejected_with_a_body():
    assert rejected(GET[:20], GET[20:]).endswith(b"}")


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_a_connection_that_is_gone_is_not_kept_until_it_would_have_idled(error):
    """Soju06/codex-lb#2042: after a reset its timer kept it, with the head of its last request."""

    async def scenario() -> None:
        protocol, _ = connect()
        protocol.data_received(GET)
        timer = protocol.timeout_keep_alive_task
        assert timer is not None

        protocol.connection_lost(error)
        assert timer.cancelled()

    asyncio.run(scenario())


def test_a_connection_whose_requests_are_shed_is_closed_only_once_it_idled():
    async def scenario() -> None:
        protocol, wire = connect()
        protocol.data_received(GET)
        assert protocol.head_since == NEVER, "it waits for no first head"

        protocol.timeout_keep_alive_handler()  # as set at a request long ago
        assert not wire.closed

        protocol.idle_since -= KEEP_ALIVE
        protocol.timeout_keep_alive_handler()
        assert wire.closed

    asyncio.run(scenario())


def test_of_many_requests_in_a_row_few_are_parsed_at_a_time():
    """A parsed request takes a hundred times its bytes."""

    async def scenario() -> None:
        protocol, wire = connect(is_full=lambda scope: False, expect=lambda scope: None)
        protocol._start_asgi_task = lambda cycle, app: None  # type: ignore[method-assign]
        protocol.data_received(GET * 5000)

        assert 0 < len(protocol.pipeline) < 200
        assert not wire.reads

    asyncio.run(scenario())
