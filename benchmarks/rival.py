"""Other implementations, and running the ordinary one: on the same servers, with a WSGI server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from benchmarks.generator import Load
from benchmarks.orders import single_bodies
from benchmarks.servers import Servers, wait_for_web
from devstack import product
from devstack.ports import free_port
from devstack.processes.process import Process

NAME = "ordinary"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.ordinary.settings", "ORDERS_TOPIC": f"{NAME}.orders"}


@dataclass(frozen=True)
class Rival:
    """A running implementation that takes orders by `POST /orders`, without idempotency keys.

    Attributes:
        families: its processes and those of the servers, by name.
        stored: counts the orders in its database.
    """

    port: int
    headers: Mapping[str, str]
    bodies: Sequence[str]
    families: dict[str, Process]
    stored: Callable[[], int]

    def load(self, **how: Any) -> Load:
        """A load of POST requests, authenticated where it has authentication."""
        return Load(self.port, "/orders", dict(self.headers), list(self.bodies), **how)


@contextmanager
def ordinary_rival(servers: Servers) -> Iterator[Rival]:
    """The ordinary implementation, ready, with a database of its own.

    Raises:
        BenchmarkError: it did not become ready.
    """
    servers.create_database(NAME)
    environment = servers.environment(NAME) | SETTINGS
    token = servers.run(f"{NAME}-seed", (product.PYTHON, "-m", "benchmarks.ordinary.seed"), environment).strip()
    topics = servers.environment(NAME) | {"KAFKA_TOPIC_PREFIX": f"{NAME}."}
    servers.run(f"{NAME}-topics", product.manage("ensure_topics"), topics)
    port = free_port()
    web = servers.process(NAME, _web(port), environment)
    try:
        web.start()
        wait_for_web(web, port)
        headers = {"Authorization": f"Token {token}"}
        with counted_rows(servers, NAME, "ordinary_order") as stored:
            yield Rival(port, headers, single_bodies(), {NAME: web} | servers.families, stored)
    finally:
        web.stop()


@contextmanager
def counted_rows(servers: Servers, database: str, table: str) -> Iterator[Callable[[], int]]:
    """A function that counts the rows of a table."""
    connection = servers.connect(database)
    count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))

    def rows() -> int:
        with connection.cursor() as cursor:
            cursor.execute(count)
            (number,) = cursor.fetchone() or (0,)
            return int(number)

    try:
        yield rows
    finally:
        connection.close()


def _web(port: int) -> tuple[str, ...]:
    """The command of Granian, a WSGI server with threads."""
    return (
        *(product.PYTHON, "-m", "granian", "--interface", "wsgi", "benchmarks.ordinary.wsgi:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", "2", "--runtime-threads", "1", "--runtime-mode", "st", "--blocking-threads", "16"),
        *("--backpressure", "1024"),
    )
