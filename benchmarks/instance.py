"""A running product, by the commands of `make run`, with a database and topics of its own."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2 import extensions

from benchmarks.errors import BenchmarkError
from benchmarks.generator import Load
from benchmarks.servers import Servers, wait_for_web
from devstack.ports import free_port
from devstack.processes.process import Process
from devstack.waiting import wait_until

WITHOUT_CONSUMERS = frozenset({"web", "relay"})


@dataclass(frozen=True)
class Instance:
    """A running product. `families` are its processes and those of the servers, by name."""

    port: int
    token: str
    database_url: str
    database: extensions.connection
    environment: dict[str, str]
    families: dict[str, Process]

    def load(self, path: str, bodies: list[str], **how: Any) -> Load:
        """A load of authenticated POST requests."""
        return Load(self.port, path, {"Authorization": f"Bearer {self.token}"}, bodies, **how)

    def value(self, query: str, *parameters: object) -> int:
        """The number that a query returns; 0 without a row."""
        with self.database.cursor() as cursor:
            cursor.execute(query, parameters)
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def invoiced(self) -> int:
        """The number of invoices, by their counter, which is faster than counting rows."""
        return self.value("SELECT last FROM invoicing_invoicecounter")

    def stored(self) -> int:
        """The number of orders."""
        return self.value("SELECT count(*) FROM orders_order")

    def waiting_events(self) -> int:
        """The number of events that are not published yet."""
        return self.value("SELECT count(*) FROM messaging_outboxmessage")

    def wait_invoiced(self, count: int, *, seconds: float) -> None:
        """Wait until there are so many invoices.

        Raises:
            BenchmarkError: there are not after so many seconds.
        """
        if not wait_until(lambda: self.invoiced() >= count, seconds=seconds, every=0.01):
            raise BenchmarkError(f"{self.invoiced()} of {count} orders are invoiced after {seconds:.0f} s")

    def wait_published(self, *, seconds: float = 120) -> None:
        """Wait until every event is published.

        Raises:
            BenchmarkError: it has not after so many seconds.
        """
        if not wait_until(lambda: self.waiting_events() == 0, seconds=seconds):
            raise BenchmarkError(f"{self.waiting_events()} events are not published after {seconds:.0f} s")

    def wait_settled(self, *, seconds: float = 300) -> None:
        """Wait until every order shows its invoice, and every event is published.

        Raises:
            BenchmarkError: some are not after so many seconds.
        """
        query = "SELECT count(*) FROM orders_order WHERE invoice_number = ''"
        if not wait_until(lambda: self.value(query) == 0, seconds=seconds, every=0.25):
            raise BenchmarkError(f"{self.value(query)} orders do not show their invoice after {seconds:.0f} s")
        self.wait_published()


@contextmanager
def instance(
    servers: Servers, token: str, name: str, services: Collection[str] = (), **settings: str
) -> Iterator[Instance]:
    """A ready instance on a copy of the template; its processes are ended and its database is dropped after the block.

    Args:
        services: of `make run`'s, those to be started; all if none is named.

    Raises:
        BenchmarkError: it did not become ready.
    """
    servers.create_database(name, template=servers.template)
    try:
        with instance_on(servers, token, name, services, **settings) as ours:
            yield ours
    finally:
        servers.drop_database(name)


@contextmanager
def instance_on(
    servers: Servers, token: str, name: str, services: Collection[str] = (), **settings: str
) -> Iterator[Instance]:
    """As `instance`, on a database that is there already, and stays."""
    prefixes = {"KAFKA_TOPIC_PREFIX": f"{name}.", "KAFKA_GROUP_PREFIX": f"{name}."}
    environment = servers.environment(name) | prefixes | settings
    servers.run("ensure_topics", servers.version.manage("ensure_topics"), environment)
    port = free_port()
    commands = servers.version.services(port)
    started = sorted(services or commands)
    processes = {key: servers.process(f"{name}.{key}", commands[key], environment) for key in started}
    database = servers.connect(name)
    try:
        for process in processes.values():
            process.start()
        wait_for_web(processes["web"], port)
        yield Instance(port, token, servers.url(name), database, environment, processes | servers.families)
    finally:
        for process in processes.values():
            process.stop()
        database.close()
