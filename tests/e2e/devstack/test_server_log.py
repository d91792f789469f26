"""What PostgreSQL writes into its log when work fails: never a statement, a value or a row.

heroku/roadmap#200 (whole statements of failed queries), npgsql/npgsql#2501 (rows and keys in DETAIL).
"""

import contextlib
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from psycopg2 import errors

from devstack.postgres.server import ADMIN, Postgres, program
from tests.e2e.system import ROOT
from tests.waiting import wait_until

NAME = "Wilhelmine Mustermann"
TABLES = """
    CREATE TABLE customer (name text PRIMARY KEY CHECK (name <> 'nobody'), age int CHECK (age < 200));
    CREATE TABLE booking (name text REFERENCES customer);
    CREATE FUNCTION fail(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM $1, 1 / 0; END';
    INSERT INTO customer VALUES ('{name}', 40), ('other', 40);
"""
FAILURES = {
    "duplicate key value": f"INSERT INTO customer VALUES ('{NAME}', 40)",
    "violates check constraint": f"INSERT INTO customer VALUES ('{NAME} junior', 400)",
    "violates foreign key constraint": f"INSERT INTO booking VALUES ('{NAME} senior')",
    "division by zero": f"SELECT fail('{NAME}')",
    "syntax error": f"INSERT INTO customer VALUES ('{NAME}',, 40)",
    "statement timeout": f"SET LOCAL statement_timeout = 50; SELECT pg_sleep(60), '{NAME}'",
}


class Plain(Postgres):
    """A server with PostgreSQL's default log settings."""

    log_settings = {}


@pytest.fixture(scope="module", params=["the server's settings", "the roles' settings"])
def _postgres(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("postgresql")
    with (Postgres if "server" in request.param else Plain)(folder) as postgres:
        with session(postgres.owner_url) as cursor:
            cursor.execute(TABLES.format(name=NAME.replace("'", "''")))
        if isinstance(postgres, Plain):
            apply(postgres, "logging.sql")
        yield postgres


@pytest.fixture
def postgres(_postgres):
    """A running server with an empty log."""
    wait_until(_postgres.is_ready, within=60)
    _postgres.seen = _postgres.log.stat().st_size
    return _postgres


def apply(postgres, script):
    command = [program("psql"), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "-f", ROOT / "deploy" / "postgres" / script]
    subprocess.run([*command, postgres.admin_url], check=True, capture_output=True)


@contextlib.contextmanager
def session(url):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def log_once_it_says(postgres, words):
    def logged():
        log = postgres.log.read_bytes()[postgres.seen :].decode()
        return words in log and log

    return wait_until(logged, within=60, what=f"the log says {words!r}")


@pytest.mark.parametrize("words", FAILURES)
def test_a_failure_is_logged_without_anybody_s_name(postgres, words):
    with pytest.raises(psycopg2.Error), session(postgres.url) as cursor:
        cursor.execute(FAILURES[words])

    assert NAME not in log_once_it_says(postgres, words)


def test_a_lock_time_out_is_logged_without_anybody_s_name(postgres):
    update = f"UPDATE customer SET age = 41 WHERE name = '{NAME}'"
    with session(postgres.url) as holder:
        holder.execute(update)
        with pytest.raises(errors.LockNotAvailable), session(postgres.url) as waiting:
            waiting.execute(f"SET LOCAL lock_timeout = 50; {update}")

    assert NAME not in log_once_it_says(postgres, "lock timeout")


def test_a_deadlock_is_logged_without_anybody_s_name(postgres):
    update = "UPDATE customer SET age = 41 WHERE name = '{}'"
    with ThreadPoolExecutor(1) as pool, session(postgres.url) as first, session(postgres.url) as second:
        first.execute(update.format(NAME))
        second.execute(update.format("other"))
        waiting = pool.submit(second.execute, update.format(NAME))
        wait_until(lambda: waiting_sessions(postgres), within=20)
        outcomes = [failure(first.execute, update.format("other")), first.connection.rollback(), waiting.exception(20)]
        second.connection.rollback()

    assert [type(each) for each in outcomes if each] == [errors.DeadlockDetected]
    assert NAME not in log_once_it_says(postgres, "deadlock detected")


def failure(act, *arguments):
    try:
        return act(*arguments)
    except psycopg2.Error as error:
        return error


def waiting_sessions(postgres):
    with session(postgres.admin_url) as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return cursor.fetchall()


@pytest.mark.parametrize("_postgres", ["the server's settings"], indirect=True)
def test_a_backend_that_is_killed_is_logged_without_what_it_did(postgres):
    """By the main process, which no setting of a role reaches."""
    with ThreadPoolExecutor(1) as pool, ended_by_the_server(postgres.url) as holder:
        holder.execute(f"UPDATE customer SET age = 41 WHERE name = '{NAME}'")
        victim = pool.submit(delete_customer, postgres.url)
        ((pid,),) = wait_until(lambda: waiting_sessions(postgres), within=20)
        os.kill(pid, signal.SIGKILL)
        assert isinstance(victim.exception(20), psycopg2.OperationalError | psycopg2.InterfaceError)

    assert NAME not in log_once_it_says(postgres, "was terminated by signal 9")


def delete_customer(url):
    with session(url) as cursor:
        cursor.execute(f"DELETE FROM customer WHERE name = '{NAME}'")


@contextlib.contextmanager
def ended_by_the_server(url):
    """A session that PostgreSQL ends when it recovers."""
    with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError), session(url) as cursor:
        yield cursor


def test_a_plain_server_would_have_logged_the_name(tmp_path):
    with Plain(tmp_path) as plain:
        plain.seen = 0
        with session(plain.owner_url) as cursor:
            cursor.execute(TABLES.format(name=NAME))
        with pytest.raises(errors.UniqueViolation), session(plain.url) as cursor:
            cursor.execute(FAILURES["duplicate key value"])

        log = log_once_it_says(plain, "STATEMENT")

    assert log.count(NAME) == 2  # the key, and the statement
    assert ADMIN not in log.split("duplicate")[1]
