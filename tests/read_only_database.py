"""A database that is read-only for a while, as after a fail-over."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

_SET = "ALTER DATABASE {} SET default_transaction_read_only = on"
_RESET = "ALTER DATABASE {} RESET default_transaction_read_only"
_END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class ReadOnly:
    """Turns one database to read-only and back. Sessions keep what they began with: turning back ends none."""

    def __init__(self, url: str) -> None:
        self._url = url

    def begin(self) -> None:
        """Make the database read-only, and end all sessions, as a fail-over does."""
        self._execute(_SET)
        self.end_sessions()

    def end(self) -> None:
        self._execute(_RESET)

    def end_sessions(self) -> None:
        self._execute(_END_SESSIONS)

    def _execute(self, statement: str) -> None:
        options = "-c default_transaction_read_only=off"
        with closing(psycopg2.connect(self._url, options=options)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement.format(connection.info.dbname))


@contextmanager
def read_only(url: str) -> Iterator[ReadOnly]:
    """Make the database of a URL read-only inside the block, or until `end` is called."""
    database = ReadOnly(url)
    database.begin()
    try:
        yield database
    finally:
        database.end()
