"""A process leaves new connections to processes that have fewer."""

import asyncio
import errno
import itertools
import socket
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from serving.listener import EventLoop, FairListener
from serving.protocol import CONNECTIONS


class Waiting:
    """A listening socket with waiting clients."""

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.error: OSError | None = None
        self.accepted: list[socket.socket] = []

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def fileno(self) -> int:
        return 7

    def accept(self) -> tuple[socket.socket, str]:
        if self.error:
            raise self.error
        if not self.clients:
            raise BlockingIOError
        self.clients -= 1
        self.accepted.append(socket.socket())
        return self.accepted[-1], "somewhere"


class Loop:
    """An event loop whose iterations the test counts."""

    def __init__(self) -> None:
        self.reader = None
        self.later: list[tuple[float, object]] = []

    def add_reader(self, _sock, callback) -> None:
        self.reader = callback

    def remove_reader(self, _sock) -> None:
        self.reader = None

    def call_later(self, delay, callback) -> None:
        self.later.append((delay, callback))

    def connect_accepted_socket(self, factory, connection):
        return factory, connection

    def create_task(self, _connecting):
        return Mock()


@pytest.fixture
def loop(monkeypatch) -> Loop:
    """An event loop whose iterations take 10 µs each."""
    clock = itertools.count(step=0.00001)
    monkeypatch.setattr("serving.listener.time", SimpleNamespace(monotonic=lambda: next(clock)))
    return Loop()


@pytest.fixture
def listen(loop) -> Iterator:
    sockets: list[Waiting] = []

    def listen(clients: int, *, connections: int) -> Waiting:
        waiting = Waiting(clients)
        sockets.append(waiting)
        listener = FairListener(loop, asyncio.Protocol, waiting)
        listener.connections = [None] * connections
        return waiting

    yield listen
    for waiting in sockets:
        for connection in waiting.accepted:
            connection.close()


def turns_until_accepted(loop: Loop, waiting: Waiting) -> int:
    for turn in range(1, 1000):
        loop.reader()
        if waiting.accepted:
            return turn
    raise AssertionError("never")


def test_who_has_no_connection_takes_a_new_one_at_once(loop, listen):
    assert turns_until_accepted(loop, listen(1, connections=0)) == 1


def test_who_has_more_leaves_it_for_longer_and_takes_it_in_the_end(loop, listen):
    waits = [turns_until_accepted(loop, listen(1, connections=count)) for count in (1, 4, 10, 1000)]

    assert waits == sorted(waits)
    assert waits[0] > 1
    assert waits[2] == waits[3] < 100


def test_a_busy_loop_takes_new_connections_in_its_second_turn(loop, listen, monkeypatch):
    """Under a flood a turn takes many milliseconds: connections that waited for dozens of turns waited for seconds."""
    clock = itertools.count(step=0.01)
    monkeypatch.setattr("serving.listener.time", SimpleNamespace(monotonic=lambda: next(clock)))

    assert turns_until_accepted(loop, listen(1, connections=1000)) == 2


def test_in_a_turn_a_listener_takes_one_connection_or_a_share_of_those_it_has(loop, listen):
    few, many = listen(50, connections=0), listen(500, connections=320)
    FairListener(loop, asyncio.Protocol, few)
    loop.reader()
    assert len(few.accepted) == 1

    listener = FairListener(loop, asyncio.Protocol, many)
    listener.connections = [None] * 320
    turns_until_accepted(loop, many)
    assert len(many.accepted) == 81


def test_what_somebody_else_took_is_no_error(loop, listen):
    waiting = listen(0, connections=0)

    loop.reader()

    assert (waiting.accepted, loop.later) == ([], [])


def test_with_too_many_open_files_it_pauses_and_goes_on(loop, listen):
    waiting = listen(1, connections=0)
    waiting.error = OSError(errno.EMFILE, "Too many open files")

    loop.reader()
    assert loop.reader is None
    ((_delay, go_on),) = loop.later
    waiting.error = None
    go_on()

    assert turns_until_accepted(loop, waiting) == 1


class Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self.app_state = {CONNECTIONS: [self]}

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)
        self.transport.close()


def test_a_real_loop_serves_clients_until_it_is_closed():
    async def talk(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        answer = await reader.read()
        writer.close()
        return answer

    async def serve() -> list[bytes]:
        sock = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(Echo, sock=sock, backlog=16)
        port = sock.getsockname()[1]
        answers = await asyncio.gather(*[talk(port) for _ in range(20)])
        server.close()
        await server.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await talk(port)
        return answers

    with closing(EventLoop()) as loop:
        assert loop.run_until_complete(serve()) == [b"hello"] * 20
