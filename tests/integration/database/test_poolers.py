"""The product behind PgBouncer, as operators have it. Without a PgBouncer, what it does to connections is imitated.

Reports of others: pgbouncer/pgbouncer#875 and neondatabase/neon#6291 (`unsupported startup parameter: options`),
pgbouncer/pgbouncer#493 (options are ignored), attendee-labs/attendee#844, Borderless360/django-logic#80 (what breaks
where transactions share sessions).
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from devstack.ports import free_port, is_open
from devstack.postgres.system_user import user_for_postgres
from tests.commands import database_url, manage
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
Pooler = Callable[..., int]


@pytest.fixture
def pooler(tmp_path) -> Iterator[Pooler]:
    """Starts a PgBouncer in front of the test's database, and returns its port."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        missing = "no pgbouncer: apt-get install --no-install-recommends pgbouncer"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    started = []

    def start(**changed: object) -> int:
        started.append(process := _start(program, tmp_path, port := free_port(), changed))
        wait_until(lambda: process.poll() is not None or is_open(port))
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=10)


def _start(program: str, folder: Path, port: int, changed: dict[str, object]) -> subprocess.Popen[bytes]:
    server = connection.settings_dict
    users, file = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text('"{USER}" "{PASSWORD}"\n'.format(**server))
    options = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "plain",
        "auth_file": users,
        "default_pool_size": 20,
        "ignore_startup_parameters": "options",
    } | changed
    file.write_text(
        "[databases]\n* = host={HOST} port={PORT}\n[pgbouncer]\n".format(**server)
        + "".join(f"{name} = {value}\n" for name, value in options.items())
    )
    user = user_for_postgres()  # PgBouncer does not run as root either
    command = [*(user.prefix(folder) if user else ()), program, str(file)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _connection(**changed: object) -> BaseDatabaseWrapper:
    other: BaseDatabaseWrapper = connection.copy()
    other.settings_dict |= changed
    return other


@contextmanager
def _cursor(other: BaseDatabaseWrapper) -> Iterator[Any]:
    with closing(other), other.cursor() as cursor:
        yield cursor


def _row(cursor: Any, sql: str) -> Any:
    cursor.execute(sql)
    return cursor.fetchone()


def test_behind_a_pooler_that_ignores_options_the_limits_hold_all_the_same(pooler):
    with _cursor(_connection(PORT=pooler(pool_mode="session"))) as cursor:
        assert _row(cursor, LIMITS) == ("30s", "4s")


def test_behind_a_pooler_a_statement_may_take_its_time(pooler):
    """The backend that the protocol names is the pooler's own invention: the watchdog took it for dead."""
    with _cursor(_connection(PORT=pooler(pool_mode="session"))) as cursor:
        assert _row(cursor, "SELECT 1 FROM pg_sleep(4)") == (1,)


def test_one_after_the_other_may_have_a_session_of_a_pooler_that_resets_it(pooler):
    port = pooler(pool_mode="session", default_pool_size=1)
    for _ in range(3):
        with _cursor(_connection(PORT=port)) as cursor:
            assert _row(cursor, LIMITS) == ("30s", "4s")


def test_a_pooler_that_shares_sessions_between_transactions_is_rejected_and_the_doctor_says_what_to_do(pooler):
    port = pooler(pool_mode="transaction")
    with closing(_connection(PORT=port)) as first, closing(_connection(PORT=port)) as second:
        first.ensure_connection()
        with pytest.raises(OperationalError, match="its pool_mode must be session"):
            second.ensure_connection()
        assert second.connection is None

    done = manage("doctor", DATABASE_URL=database_url(PORT=str(port)))

    assert "DATABASE_URL leads to a pooler that shares sessions" in done.stdout
    assert "pool_mode = session in pgbouncer.ini" in done.stdout


def test_a_pooler_that_opens_no_connection_with_options_is_told_by_the_doctor(pooler):
    port = pooler(pool_mode="session", ignore_startup_parameters="")

    done = manage("doctor", DATABASE_URL=database_url(PORT=str(port)))

    assert "the pooler of DATABASE_URL does not open our connections" in done.stdout
    assert "ignore_startup_parameters = options" in done.stdout


def test_options_that_did_not_arrive_are_set():
    """All that DATABASE_URL asks for, in each of libpq's ways to say it; what the product has of its own, too."""
    other = _connection()
    other.settings_dict["OPTIONS"] |= {"options": r"-c lock_timeout=4000 -clock_timeout=7s --work-mem=5MB -c a.b=x\ y"}
    parameters = other.get_connection_params() | {"options": ""}
    other.get_connection_params = lambda: parameters

    with _cursor(other) as cursor:
        assert _row(cursor, "SELECT current_setting('lock_timeout'), current_setting('work_mem')") == ("7s", "5MB")


def test_a_session_as_another_client_left_it_is_rejected():
    with closing(connection.copy()) as first, closing(connection.copy()) as second:
        first.ensure_connection()
        second.get_new_connection = lambda _parameters: first.connection

        with pytest.raises(OperationalError, match="another client has left it"):
            second.ensure_connection()


def test_a_connection_whose_backend_is_another_one_by_now_is_not_used_again():
    with closing(connection.copy()) as other:
        other.ensure_connection()
        assert other.is_usable()
        other.connection.backend_pid += 1

        assert not other.is_usable()
