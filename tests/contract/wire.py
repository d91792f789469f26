"""A real web server, and requests as bytes on a socket, which no client library would send."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import pytest
from django.db import connection

from devstack import product
from devstack.ports import LOOPBACK, free_port, is_open
from devstack.processes.command import Command
from devstack.processes.process import Process
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds


class Reply(NamedTuple):
    """A response. `closed`: the server closed the connection after it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    closed: bool

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json", self
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["request_id"] == self.headers["x-request-id"]
        return problem


class Server:
    """The web server's address, and the token of a client."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log
        self.token = ""

    def connect(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE)

    def send(self, *parts: bytes, then_close: bool = False) -> Reply:
        """Send bytes on a new connection, and read one response."""
        with self.connect() as wire:
            with contextlib.suppress(ConnectionError):  # the server may have said enough before it heard all
                for part in parts:
                    wire.sendall(part)
            if then_close:
                wire.shutdown(socket.SHUT_WR)
            return read_reply(wire)

    def request(
        self, target: bytes, *headers: bytes, method: bytes = b"GET", body: bytes = b"", host: bytes | None = b"shop"
    ) -> bytes:
        """An authenticated request, with a Content-Length if it has a body."""
        lines = [b"%s %s HTTP/1.1" % (method, target)]
        lines += [b"Host: " + host] if host is not None else []
        lines += [b"Authorization: Bearer " + self.token.encode(), *headers]
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)] if body else []
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def order(self, *headers: bytes, sku: str = "MUG", **more: Any) -> bytes:
        body = {"customer_id": "C-1", "lines": [{"sku": sku, "quantity": 1}]} | more
        return self.request(b"/orders", *headers, method=b"POST", body=json.dumps(body).encode())


def read_reply(wire: socket.socket) -> Reply:
    return read_replies(wire, 1)[0]


def read_replies(wire: socket.socket, count: int) -> list[Reply]:
    """Read this number of responses."""
    with wire.makefile("rb") as stream:
        return [_read_reply(stream) for _ in range(count)]


def _read_reply(stream: BinaryIO) -> Reply:
    line = stream.readline()
    assert line.startswith(b"HTTP/1.1 "), f"no response but {line!r}"
    headers: dict[str, str] = {}
    while (field := stream.readline().strip()) != b"":
        name, _, value = field.decode("latin-1").partition(": ")
        headers[name.lower()] = value
    body = stream.read(int(headers.get("content-length", "0")))
    return Reply(int(line.split()[1]), headers, body, headers.get("connection") == "close")


def database_url() -> str:
    """The URL of the tests' database."""
    named = connection.settings_dict
    password = quote(named["PASSWORD"], safe="")
    return f"postgres://{named['USER']}:{password}@{named['HOST']}:{named['PORT']}/{named['NAME']}"


@contextlib.contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[Server]:
    """The web server of the product on the tests' database."""
    port, log = free_port(), folder / "web.log"
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "ALLOWED_HOSTS": "*",
        **product.DEMO_ISSUER,
        "PUBLISH_ON_COMMIT": "off",
        "PYTHONUNBUFFERED": "1",
        "STATIC_ROOT": str(folder),
        **settings,
    }
    process = Process(Command("web", product.web(port), log, environment, ROOT))
    process.start()
    try:
        wait_until(lambda: is_open(port), within=60, what="the web server listens")
        yield Server(port, log)
    finally:
        process.stop()


@pytest.fixture(scope="session")
def _server(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("wire")
    (folder / "site.css").write_text("body {}")
    with running_server(folder) as server:
        yield server
