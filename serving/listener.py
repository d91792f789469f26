"""Accepting connections in one of several processes that listen on the same socket."""

import asyncio
import socket
import time
from asyncio import BaseProtocol, Task
from collections.abc import Callable, Sized
from typing import Any

import structlog
import uvloop

from serving.protocol import CONNECTIONS

log = structlog.get_logger(__name__)

_LEAVE_EACH = 0.00004  # seconds for which a process leaves new connections to others, for each that it has,
_LEAVE_MOST = 0.0004  # and at most: an event loop that is busy takes longer for a turn, and accepts in each second one
_SHARE = 4  # of the connections that it has, a process accepts one more for each so many at once
_PAUSE = 0.1  # seconds without accepting, after an error such as too many open files


class EventLoop(uvloop.Loop):
    """uvloop's event loop, with a FairListener for sockets that it is given."""

    async def create_server(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        sock: socket.socket | None = kwargs.get("sock")
        if sock is None:
            return await super().create_server(protocol_factory, *args, **kwargs)
        sock.listen(kwargs.get("backlog", socket.SOMAXCONN))
        return FairListener(self, protocol_factory, sock)


class FairListener:
    """A listening socket of which this process leaves connections to others that have fewer.

    libuv accepts all that wait at once. Of a burst of new clients one process so gets nearly all, for as long as they
    stay connected, and the others idle. Here a process that is told of new connections lets a fraction of a millisecond
    go by, the more the more it has: who has fewer, or less to do, is first. If nobody else takes them, it does.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol_factory: Callable[[], BaseProtocol], sock: socket.socket
    ) -> None:
        sock.setblocking(False)
        self.sockets = [sock]
        self._loop = loop
        self._protocol_factory = protocol_factory
        self._connections: Sized = ()
        self._connecting: set[Task[Any]] = set()
        self._noticed_at: float | None = None
        self._listen()

    def close(self) -> None:
        (sock,) = self.sockets
        self._loop.remove_reader(sock)
        sock.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: the server closes its connections itself."""

    def _listen(self) -> None:
        (sock,) = self.sockets
        if sock.fileno() >= 0:
            self._loop.add_reader(sock, self._accept)

    def _accept(self) -> None:
        """Called in each turn in which connections wait."""
        now, count = time.monotonic(), len(self._connections)
        if self._noticed_at is None:
            self._noticed_at = now
        if now - self._noticed_at < min(_LEAVE_EACH * count, _LEAVE_MOST):
            return
        self._noticed_at = None
        (sock,) = self.sockets
        for _ in range(1 + count // _SHARE):
            try:
                connection, _address = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return  # somebody else was first
            except OSError as error:
                log.warning("connections_not_accepted", reason=str(error))
                self._loop.remove_reader(sock)
                self._loop.call_later(_PAUSE, self._listen)
                return
            self._connect(connection)

    def _connect(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connecting = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol_factory, connection))
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connected)

    def _connected(self, connecting: "Task[Any]") -> None:
        self._connecting.discard(connecting)
        if connecting.cancelled():
            return
        if error := connecting.exception():
            log.warning("connection_lost_at_once", reason=str(error))
            return
        _, protocol = connecting.result()
        self._connections = protocol.app_state[CONNECTIONS]
