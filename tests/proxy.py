"""A TCP proxy that can swallow its connections: it goes on to take bytes, and nothing arrives any more."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from devstack.ports import LOOPBACK


@dataclass
class _Link:
    """A connection through the proxy. `swallows`: the bytes of which direction go nowhere."""

    client: socket.socket
    server: socket.socket
    swallows_requests: bool = False
    swallows_answers: bool = False


class SwallowingProxy:
    """A TCP proxy on `port`; swallowed connections stay open at both ends."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._links: list[_Link] = []
        self._swallows_new = False
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def connections(self) -> int:
        """The number of connections so far."""
        return len(self._links)

    def swallow(self, *, requests: bool = True, new: bool = False) -> None:
        """Swallow the responses on all existing connections.

        Args:
            requests: swallow what clients send, too.
            new: also on connections to come.
        """
        self._swallows_new = new
        for link in list(self._links):
            link.swallows_answers, link.swallows_requests = True, requests

    def close(self) -> None:
        ends = [self._listener, *(end for link in self._links for end in (link.client, link.server))]
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in ends:
            end.close()

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection((LOOPBACK, self._server_port))
                except OSError:
                    client.close()
                    continue
                self._links.append(_Link(client, server, self._swallows_new, self._swallows_new))
                self._start(self._pump, self._links[-1], False)
                self._start(self._pump, self._links[-1], True)

    def _pump(self, link: _Link, is_answer: bool) -> None:
        source, target = (link.server, link.client) if is_answer else (link.client, link.server)
        with suppress(OSError):
            while data := source.recv(65536):
                if not (link.swallows_answers if is_answer else link.swallows_requests):
                    target.sendall(data)
        swallowed = link.swallows_answers if is_answer else link.swallows_requests
        if not swallowed:  # the other end of what is swallowed never hears that this one is gone
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)


@contextmanager
def swallowing_proxy(server_port: int) -> Iterator[SwallowingProxy]:
    proxy = SwallowingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
