"""HTTP clients on raw sockets, which may send byte by byte."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from tests.e2e.system import System

PATIENCE = 60.0  # seconds


class RawAnswer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any  # JSON


class RawClient:
    """A client with one connection."""

    def __init__(self, system: System) -> None:
        self.socket = socket.create_connection(("127.0.0.1", system.port), timeout=PATIENCE)
        self._token = system.token

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def order(self, key: str) -> bytes:
        """A request for an order, whose reference is its idempotency key."""
        return self.post({"customer_id": "C-1", "reference": key, "lines": [{"sku": "TEST-BAG", "quantity": 1}]}, key)

    def post(self, body: object, key: str) -> bytes:
        text = json.dumps(body).encode()
        head = (
            "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self._token}\r\nIdempotency-Key: {key}\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        return head.encode() + text

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode()

    def answer(self) -> RawAnswer:
        """Raises:
        OSError: the server closed the connection instead, or said nothing for too long.
        """
        with self.socket.makefile("rb") as stream:
            first = stream.readline()
            if not first:
                raise ConnectionError("closed without an answer")
            headers = {}
            while line := stream.readline().strip().decode():
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            return RawAnswer(int(first.split()[1]), headers, json.loads(stream.read(int(headers["content-length"]))))


@contextmanager
def raw_clients(system: System, count: int) -> Iterator[list[RawClient]]:
    """This number of clients, whose connections are closed after the block."""
    with ExitStack() as stack:
        clients = [RawClient(system) for _ in range(count)]
        for client in clients:
            stack.callback(client.socket.close)
        yield clients
