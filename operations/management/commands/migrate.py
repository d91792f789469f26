"""manage.py migrate: Django's, of which one at a time changes a database, however long it takes or has to wait"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.core.management.commands import migrate
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration

from common.postgres import is_collision
from operations.cli.base_command import BaseCommand

MIGRATION_LOCK = 0x6D696772617465  # "migrate"
_POLL_INTERVAL = 0.5  # seconds
# While ALTER TABLE waits for a table, whoever comes after it waits too: so it gives up soon, and lets them go on. What
# is not atomic works CONCURRENTLY: nobody waits for it, and what it has done by then would be in vain.
_LOCK_TIMEOUT, _NO_TIMEOUT = "1s", "0"
_PAUSE = 3.0  # seconds, between two attempts

_OLDEST_TRANSACTION = """
    SELECT pid, usename, application_name, extract(epoch FROM clock_timestamp() - xact_start)::bigint
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid NOT IN (%s, %s) AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 1
"""


class Command(BaseCommand, migrate.Command):
    """Django's command, which waits until another one that migrates the same database has ended.

    Each decides at its start what there is to do. Without the lock several that start together, as replicas do,
    would apply the same migrations at once, and all fail.

    A statement of a migration takes as long as it takes: the limits of sessions are for requests. A migration that
    meets locks of others, such as those of a dump under way, is tried again until they are gone.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.style = no_style()  # Django's puts colours into what it writes, where they would be escaped
        self._connection: BaseDatabaseWrapper | None = None

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:  # changes nothing
            super().handle(*args, **options)
            return
        self._connection = connections[options["database"]]
        with self._alone(self._connection) as holder:
            try:
                while not self._is_done(holder, *args, **options):
                    time.sleep(_PAUSE)
            finally:
                self._reset_limits()

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        super().migration_progress_callback(action, migration, fake)
        if self._connection and migration and action in ("apply_start", "unapply_start"):
            with self._connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("SET lock_timeout = %s", [_LOCK_TIMEOUT if migration.atomic else _NO_TIMEOUT])

    def _is_done(self, holder: BaseDatabaseWrapper, *args: Any, **options: Any) -> bool:
        """Migrate, and return False if that met locks of others. What is applied is on record: the next one goes on."""
        try:
            super().handle(*args, **options)
        except DatabaseError as error:
            if not is_collision(error):
                raise
            self.stdout.write(f"\nWaiting for a lock that another transaction has{self._oldest_transaction(holder)}")
            self.stdout.flush()
            return False
        return True

    def _oldest_transaction(self, holder: BaseDatabaseWrapper) -> str:
        """Which transaction it may be, in words: the one that has been open for longest, if there is one still."""
        assert self._connection
        with self._connection.cursor() as cursor:
            ours = [connection.connection.backend_pid for connection in (self._connection, holder)]
            cursor.execute(_OLDEST_TRANSACTION, ours)
            row = cursor.fetchone()
        if row is None:
            return ""
        pid, user, application, seconds = row
        return f". The oldest one is {seconds} s old: pid {pid}, {application or 'no application_name'}, user {user}"

    def _reset_limits(self) -> None:
        """Close the connection, so that the next one has the limits of sessions again."""
        if self._connection and not self._connection.in_atomic_block:
            self._connection.close()

    @contextmanager
    def _alone(self, connection: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
        """Hold the lock by a transaction of a connection of its own: one of the session would stay in a pooler's."""
        holder = connection.copy()
        try:
            holder.set_autocommit(False)
            if not _is_locked_by(holder):
                self.stdout.write("Waiting for another process that migrates this database")
                self.stdout.flush()
                # Not a statement that waits: CREATE INDEX CONCURRENTLY of the other would wait for its snapshot, too.
                while not _is_locked_by(holder):
                    time.sleep(_POLL_INTERVAL)
            yield holder
        finally:
            holder.close()


def _is_locked_by(holder: BaseDatabaseWrapper) -> bool:
    """Whether the connection has the lock now, and an open transaction with it; otherwise it has none."""
    with holder.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        (is_locked,) = cursor.fetchone()
    if not is_locked:
        holder.rollback()
    return bool(is_locked)
