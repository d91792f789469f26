"""Accepting connections in several processes that listen on the same socket."""

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

_DELAY_EACH = 0.00004  # seconds that a process waits before it accepts connections, for each connection that it has,
_MAX_DELAY = 0.0004  # and at most: less than an iteration of a busy event loop, which so accepts every second time
_ACCEPT_SHARE = 4  # a process accepts one connection at once, and one more for so many that it has
_PAUSE = 0.1  # seconds without accepting, after an error such as too many open files


class EventLoop(uvloop.Loop):
    """uvloop's event loop, with a FairListener for existing sockets."""

    async def create_server(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        sock: socket.socket | None = kwargs.get("sock")
        if sock is None:
            return await super().create_server(protocol_factory, *args, **kwargs)
        sock.listen(kwargs.get("backlog", socket.SOMAXCONN))
        return FairListener(self, protocol_factory, sock)


class FairListener:
    """A listening socket whose connections are balanced between the processes that share it.

    libuv accepts all waiting connections at once: one process would get nearly all of a burst of new clients, and keep
    them for as long as they stay connected, while the others idle. Here a process first waits for a fraction of a
    millisecond, in proportion to the connections that it has, so that processes with fewer accept first.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol_factory: Callable[[], BaseProtocol], sock: socket.socket
    ) -> None:
        sock.setblocking(False)
        self.sockets = [sock]
        self._loop = loop
        self._protocol_factory = protocol_factory
        self.connections: Sized = ()
        self._connecting: set[Task[Any]] = set()
        self._noticed_at: float | None = None
        self._listen()

    def close(self) -> None:
        (sock,) = self.sockets
        self._loop.remove_reader(sock)
        sock.close()

    async def wait_closed(self) -> None:
        """Return at once: the server closes its connections itself."""

    def _listen(self) -> None:
        (sock,) = self.sockets
        if sock.fileno() >= 0:
            self._loop.add_reader(sock, self._accept)

    def _accept(self) -> None:
        """Called in each iteration of the event loop in which connections wait to be accepted."""
        now, count = time.monotonic(), len(self.connections)
        if self._noticed_at is None:
            self._noticed_at = now
        if now - self._noticed_at < min(_DELAY_EACH * count, _MAX_DELAY):
            return
        self._noticed_at = None
        (sock,) = self.sockets
        for _ in range(1 + count // _ACCEPT_SHARE):
            try:
                connection, _address = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return  # another process has accepted it
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
        self.connections = protocol.app_state[CONNECTIONS]
