"""Asking PostgreSQL which of its backends are at work: by a connection of its own that takes two seconds at most."""

import select
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions
from psycopg2.extensions import POLL_OK, POLL_READ, make_dsn

_TIMEOUT = 2.0  # seconds for connecting and asking

# Of a backend that sends, nobody can tell from here whether its client still reads. Where the state is not known
# (track_activities is off), it counts as at work: what is at work here is never ended.
_AT_WORK = """
    SELECT pid, at_work, CASE WHEN NOT at_work AND pid = ANY(%(terminate)s) THEN pg_terminate_backend(pid) END
    FROM (
        SELECT pid, coalesce(state, '') NOT LIKE 'idle%%' AS at_work
        FROM pg_stat_activity
        WHERE pid = ANY(%(pids)s) AND usename = current_user AND datname = current_database()
    ) AS backend
"""


class ServerSilent(Exception):
    """The server can't be reached, or does not answer."""


class ServerUnwilling(Exception):
    """The server answers, but does not let us ask: it has no connection left, for one."""


def backends_at_work(server: str, pids: Iterable[int], *, terminate: Sequence[int]) -> Collection[int]:
    """Those of the backends that are at work.

    Args:
        server: a DSN.
        terminate: those of the others that are to end, with their locks: their clients have given them up.

    Raises:
        ServerSilent, ServerUnwilling
    """
    dsn = make_dsn(server, application_name="orderflow-watchdog", options="-c statement_timeout=2000")
    try:
        rows = _rows(dsn, _AT_WORK, {"pids": list(pids), "terminate": list(terminate)})
    except psycopg2.Error as error:
        said_by_server = error.pgcode or "FATAL" in str(error)
        raise (ServerUnwilling if said_by_server else ServerSilent) from error
    return {pid for pid, at_work, _ in rows if at_work}


def _rows(dsn: str, query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    deadline = time.monotonic() + _TIMEOUT
    connection = psycopg2.connect(dsn, async_=True)
    try:
        _wait(connection, deadline)
        with connection.cursor() as cursor:
            cursor.execute(query, parameters)
            _wait(connection, deadline)
            return cursor.fetchall()
    finally:
        connection.close()


def _wait(connection: extensions.connection, deadline: float) -> None:
    while (state := connection.poll()) != POLL_OK:
        poll = select.poll()  # select.select takes no descriptor above 1023
        poll.register(connection.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise ServerSilent
