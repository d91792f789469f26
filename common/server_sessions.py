"""Asking PostgreSQL which of its backends are active, by a separate connection and within two seconds."""

import select
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions
from psycopg2.extensions import POLL_OK, POLL_READ, make_dsn

_TIMEOUT = 2.0  # seconds for connecting and the query

# A backend that sends rows is active, even if its client no longer reads them. Where the state is not known
# (track_activities is off), a backend counts as active, since active ones are never terminated.
_ACTIVE = """
    SELECT pid, is_active, CASE WHEN NOT is_active AND pid = ANY(%(terminate)s) THEN pg_terminate_backend(pid) END
    FROM (
        SELECT pid, coalesce(state, '') NOT LIKE 'idle%%' AS is_active
        FROM pg_stat_activity
        WHERE pid = ANY(%(pids)s) AND usename = current_user AND datname = current_database()
    ) AS backend
"""


class ServerUnreachable(Exception):
    """The server can't be reached, or does not respond."""


class QueryRejected(Exception):
    """The server responds with an error: for example, because it has no connection left."""


def active_backends(server: str, pids: Iterable[int], *, terminate: Sequence[int]) -> Collection[int]:
    """The given backends that are active.

    Args:
        server: a DSN.
        terminate: the backends that are to be terminated if they are not active, so that their locks are released.

    Raises:
        ServerUnreachable, QueryRejected
    """
    dsn = make_dsn(server, application_name="orderflow-watchdog", options="-c statement_timeout=2000")
    try:
        rows = _rows(dsn, _ACTIVE, {"pids": list(pids), "terminate": list(terminate)})
    except psycopg2.Error as error:
        is_from_server = error.pgcode or "FATAL" in str(error)
        raise (QueryRejected if is_from_server else ServerUnreachable) from error
    return {pid for pid, is_active, _ in rows if is_active}


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
            raise ServerUnreachable
