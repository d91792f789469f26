"""Connections that take bytes and never answer. With the whole product: tests/e2e/test_swallowed_connections.py.

Reports of others: pgbouncer/pgbouncer#138 (packets were dropped; a time limit for queries was no answer, for some are
long), pgbouncer/pgbouncer#364, psycopg/psycopg2#985 (connect_timeout alone does not help in a fail-over),
hapostgres/pg_auto_failover#1028 (sessions whose clients are long gone).
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg2
import pytest
from django.conf import settings
from django.db import connection as own

from common.watched_connection import WatchedConnection, WatchedCursor
from tests.proxy import swallowing_proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ADVISORY_LOCK = 4711


@pytest.fixture
def proxy():
    with swallowing_proxy(int(settings.DATABASES["default"]["PORT"])) as proxy:
        yield proxy


@pytest.fixture
def connect(proxy):
    opened = []

    def connect():
        parameters = own.get_connection_params() | {"host": "127.0.0.1", "port": proxy.port}
        assert parameters["connection_factory"] is WatchedConnection
        assert parameters["cursor_factory"] is WatchedCursor
        opened.append(psycopg2.connect(**parameters))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def query(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def begin(connection):
    query(connection, f"SELECT 1 FROM pg_advisory_xact_lock({ADVISORY_LOCK})")


def is_locked():
    locks = query(own, f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {ADVISORY_LOCK}")
    return locks != [(0,)]


def error_of(call, *arguments):
    """The error that a call ends with; fails if it does not end."""
    outcome = Future()

    def run():
        try:
            outcome.set_result(call(*arguments))
        except psycopg2.Error as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.exception(timeout=14)


@pytest.mark.parametrize("requests", [True, False], ids=["requests-and-answers", "answers-only"])
@pytest.mark.parametrize(
    "call",
    [
        lambda connection: query(connection, "SELECT 1"),
        lambda connection: connection.cursor().executemany("SELECT %s", [[1], [2]]),
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
    ],
    ids=["execute", "executemany", "commit", "rollback"],
)
def test_every_kind_of_call_ends_with_an_error_and_the_session_lets_go_of_its_locks(connect, proxy, call, requests):
    connection = connect()
    begin(connection)
    assert is_locked()
    proxy.swallow(requests=requests)

    assert isinstance(error_of(call, connection), psycopg2.OperationalError)

    wait_until(lambda: not is_locked(), within=5, what="the session is gone")


def test_a_fetch_from_a_cursor_of_the_server_ends_with_an_error(connect, proxy):
    connection = connect()
    cursor = connection.cursor("many")
    cursor.execute("SELECT generate_series(1, 1000)")
    assert cursor.fetchmany(2) == [(1,), (2,)]
    proxy.swallow()

    assert isinstance(error_of(cursor.fetchmany, 2), psycopg2.OperationalError)


def test_where_new_connections_are_swallowed_too_a_call_ends_with_an_error(connect, proxy):
    connection = connect()
    proxy.swallow(new=True)

    assert isinstance(error_of(query, connection, "SELECT 1"), psycopg2.OperationalError)


def test_a_statement_that_takes_long_is_no_dead_connection(connect, proxy):
    connection = connect()
    before = proxy.connections

    assert query(connection, "SELECT 1 FROM pg_sleep(8)") == [(1,)]

    assert proxy.connections > before, "nobody asked the server about it"


def test_a_statement_that_waits_for_a_lock_is_no_dead_connection(connect):
    holder, waiter = connect(), connect()
    begin(holder)
    query(waiter, "SELECT set_config('lock_timeout', '0', false)")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(begin, waiter)
        assert not threading.Event().wait(6)  # longer than it takes to end what is dead
        assert not waiting.done()
        holder.commit()
        assert waiting.result(timeout=10) is None


def test_one_connection_that_is_dead_takes_no_other_with_it(connect, proxy):
    dead = connect()
    proxy.swallow()
    idle = connect()
    begin(idle)
    pid = query(idle, "SELECT pg_backend_pid()")

    assert isinstance(error_of(query, dead, "SELECT 1"), psycopg2.OperationalError)

    assert query(idle, "SELECT pg_backend_pid()") == pid
    assert is_locked()


def test_a_connection_that_is_closed_while_the_watchdog_looks_does_not_end_the_watchdog(connect):
    """Reading what a closed connection is connected to is an error of psycopg2; the thread that looks would end."""
    connection = connect()
    ((backend_pid,),) = query(connection, "SELECT pg_backend_pid()")

    connection.close()

    assert connection.backend_pid == backend_pid
    assert "port" in psycopg2.extensions.parse_dsn(connection.server)
