"""manage.py migrate: Django's, of which one at a time changes a database"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from operations.cli.base_command import BaseCommand

MIGRATION_LOCK = 0x6D696772617465  # "migrate"
_POLL_INTERVAL = 0.5  # seconds


class Command(BaseCommand, migrate.Command):
    """Django's command, which waits until another one that migrates the same database has ended.

    Each decides at its start what there is to do. Without the lock several that start together, as replicas do,
    would apply the same migrations at once, and all fail.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.style = no_style()  # Django's puts colours into what it writes, where they would be escaped

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:  # changes nothing
            super().handle(*args, **options)
            return
        with self._alone(options["database"]):
            super().handle(*args, **options)

    @contextmanager
    def _alone(self, database: str) -> Iterator[None]:
        """Hold the lock by a transaction of a connection of its own: one of the session would stay in a pooler's."""
        holder = connections[database].copy()
        try:
            holder.set_autocommit(False)
            if not _is_locked_by(holder):
                self.stdout.write("Waiting for another process that migrates this database")
                self.stdout.flush()
                # Not a statement that waits: CREATE INDEX CONCURRENTLY of the other would wait for its snapshot, too.
                while not _is_locked_by(holder):
                    time.sleep(_POLL_INTERVAL)
            yield
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
