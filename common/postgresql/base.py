"""The module in which Django finds the backend that config/database_url.py names."""

import psycopg2
from django.db.backends.postgresql import base

# Not among the options that a connection is opened with (config/database_options.py): PostgreSQL before 17 does not
# know it, and would refuse the connection. What DATABASE_URL asks for stays.
_NO_TRANSACTION_TIMEOUT = """
    SELECT set_config(name, '0', false) FROM pg_settings
    WHERE name = 'transaction_timeout' AND setting <> '0' AND source <> 'client'
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health check also asks whether the session may write.

    Django checks persistent connections before their first use in a request, and after errors. A session that began
    read-only, on a server that is a standby by now for one, stays read-only: so it is replaced.

    A `transaction_timeout` of the server, the database or the role does not hold for it: a batch or a publishing pass
    that takes longer would be tried again for ever. The limits for statements, locks and idling are the product's own.
    """

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute(_NO_TRANSACTION_TIMEOUT)

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
