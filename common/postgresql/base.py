"""The backend that config/database_url.py names: Django loads its class from here."""

import psycopg2
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health check asks whether the session may write, not only whether the server answers.

    Django checks kept connections before their first use in a request, and after errors. A session of a server that
    was demoted, or of a database that was read-only for a while, stays so for as long as it is kept: it is replaced.
    """

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                return bool(cursor.fetchone() == ("off",))
        except psycopg2.Error:
            return False

    def rollback(self) -> None:
        """As Django's, which takes a connection that can roll back for one that needs no check."""
        errors_occurred = self.errors_occurred
        super().rollback()
        self.errors_occurred = errors_occurred
