"""The module in which Django finds the backend that config/database_url.py names."""

import psycopg2
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health check also asks whether the session may write.

    Django checks persistent connections before their first use in a request, and after errors. A session that began
    read-only, on a server that is a standby by now for one, stays read-only: so it is replaced.
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
        """As Django's, but errors still count afterwards: Django would not check a connection that could roll back."""
        errors_occurred = self.errors_occurred
        super().rollback()
        self.errors_occurred = errors_occurred
