"""The PostgreSQL and Kafka servers of a run, durable, on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import extensions, sql

from benchmarks.errors import BenchmarkError
from benchmarks.version import ROOT, THIS, Version
from devstack.console import Say
from devstack.ephemeral import ephemeral_stack
from devstack.files import last_lines
from devstack.postgres.server import DATABASE
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry
from devstack.processes.tasks import run_for_output
from devstack.readiness import is_ready_at
from devstack.stack import Stack
from devstack.waiting import wait_until


@dataclass(frozen=True)
class Servers:
    """The two servers, and commands of a version of the product that use them."""

    stack: Stack
    registry: Registry
    folder: Path
    version: Version = THIS

    def of(self, version: Version) -> "Servers":
        """The same servers for commands of another version."""
        return replace(self, version=version)

    @property
    def template(self) -> str:
        """The database that those of the version's instances are copies of."""
        return f"{self.version.name}_template" if self.version.name else DATABASE

    @property
    def families(self) -> dict[str, Process]:
        """The servers' processes by name."""
        servers = (self.stack.postgres, self.stack.kafka)
        return {server.name: server.process for server in servers if server.process}

    @property
    def static(self) -> Path:
        """An empty folder, because static files are not requested here."""
        folder = self.folder / "static"
        folder.mkdir(exist_ok=True)
        return folder

    def url(self, database: str) -> str:
        """The DATABASE_URL of a database."""
        return urlsplit(self.stack.postgres.admin_url)._replace(path=f"/{database}").geturl()

    def connect(self, database: str) -> extensions.connection:
        """A connection in autocommit mode."""
        connection = psycopg2.connect(self.url(database), application_name="benchmarks")
        connection.autocommit = True
        return connection

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """Create a copy of the template, which must have no connections."""
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)

    def drop_database(self, name: str) -> None:
        """Drop a database, and close its connections."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def environment(self, database: str) -> dict[str, str]:
        """The settings of a process to connect to the servers."""
        settings = self.version.settings(self.static)
        return settings | self.stack.environment | {"DATABASE_URL": self.url(database)}

    def process(self, name: str, argv: tuple[str, ...], environment: dict[str, str]) -> Process:
        """A process that is not started yet."""
        return Process(self._command(name, argv, environment), self.registry)

    def run(self, name: str, argv: tuple[str, ...], environment: dict[str, str]) -> str:
        """Run a command to its end; returns its output.

        Raises:
            DevstackError: it failed.
        """
        output = self.folder / f"{name}.out"
        return run_for_output(self._command(name, argv, environment, output), self.registry)

    def _command(
        self, name: str, argv: tuple[str, ...], environment: dict[str, str], output: Path | None = None
    ) -> Command:
        return Command(name, argv, self.folder / "logs" / f"{name}.log", environment, self.version.root, output)

    def _administer(self, command: sql.SQL, *names: str) -> None:
        connection = self.connect("postgres")
        try:
            connection.cursor().execute(command.format(*map(sql.Identifier, names)))
        finally:
            connection.close()


@contextmanager
def running_servers(say: Say) -> Iterator[Servers]:
    """The two servers, ready; their data is deleted after the block."""
    with ephemeral_stack(ROOT, durable=True, say=say) as stack:
        assert stack.registry is not None
        yield Servers(stack, stack.registry, stack.postgres.folder.parent)


def wait_for_web(web: Process, port: int) -> None:
    """Raises:
    BenchmarkError: it did not become ready.
    """
    wait_until(lambda: is_ready_at(port, web) or not web.is_running, seconds=60)
    if not is_ready_at(port, web):
        raise BenchmarkError(f"the web server did not become ready; its log ends with:\n{last_lines(web.log)}")
