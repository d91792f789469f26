"""The module in which Django finds the backend that config/database_url.py names."""

import re

import psycopg2
from django.db.backends.postgresql import base

# The settings that a session was to begin with, where a pooler has not passed them on: they come as one text behind
# the options of libpq, in which of two values of one setting the last counts.
_SETTING = re.compile(r"(?:-c\s*|--)(?P<name>[\w.-]+)=(?P<value>(?:\\.|\S)*)")
# Whatever the server, the database or the role have; what DATABASE_URL asks for stays. Not among the options that a
# connection is opened with (config/database_options.py): PostgreSQL before 17 does not know the first, and would refuse
# the connection. Who has waited for a lock reads what is there by then: as of the beginning of the transaction, stock
# that came would pass over an order that has just begun to wait for it.
_OF_ALL_SERVERS = {"transaction_timeout": "0", "default_transaction_isolation": "read committed"}
_SET = """
    SELECT set_config(name, wanted, false)
    FROM pg_settings JOIN unnest(%(names)s, %(values)s) AS of_ours (of_name, wanted) ON lower(name) = lower(of_name)
    WHERE source <> 'client' AND setting <> wanted
"""
# The mark of a session that has begun: a pooler that gives a session back takes all settings off it.
_BEGIN = """
    WITH found AS MATERIALIZED (SELECT coalesce(current_setting('orderflow.session', true), '') <> '' AS is_used)
    SELECT pg_backend_pid(), is_used, set_config('orderflow.session', 'begun', false) FROM found
"""
_SHARED = (
    "the pooler hands out a session as another client has left it: its pool_mode must be session, and its "
    "server_reset_query DISCARD ALL"
)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health check also asks whether the session may write, and is the one that it was.

    Django checks persistent connections before their first use in a request, and after errors. A session that began
    read-only, on a server that is a standby by now for one, stays read-only: so it is replaced.

    A `transaction_timeout` of the server, the database or the role does not hold for it: a batch or a publishing pass
    that takes longer would be tried again for ever. Nor does another isolation level.

    The limits for statements, locks and idling are the product's own, also behind a pooler such as PgBouncer, which is
    told to ignore them, and names a backend of its own making. One that shares sessions between transactions is
    rejected: settings, and what the watchdog knows, are of a session.
    """

    def init_connection_state(self) -> None:
        super().init_connection_state()
        try:
            with self.connection.cursor() as cursor:
                settings = _OF_ALL_SERVERS | _settings(self.settings_dict["OPTIONS"].get("options", ""))
                cursor.execute(_SET, {"names": list(settings), "values": list(settings.values())})
                cursor.execute(_BEGIN)
                self.connection.backend_pid, is_used, _ = cursor.fetchone()
                if is_used:
                    raise psycopg2.OperationalError(_SHARED)
        except psycopg2.Error:
            self.connection.close()
            self.connection = None  # else Django would take it for open
            raise

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('transaction_read_only'), pg_backend_pid()")
                return bool(cursor.fetchone() == ("off", self.connection.backend_pid))
        except psycopg2.Error:
            return False

    def rollback(self) -> None:
        """As Django's, but errors still count afterwards: Django would not check a connection that could roll back."""
        errors_occurred = self.errors_occurred
        super().rollback()
        self.errors_occurred = errors_occurred


def _settings(options: str) -> dict[str, str]:
    """The settings by their names, as PostgreSQL reads them: `-` is `_` in a name, a backslash is before a blank."""
    found = _SETTING.finditer(options)
    return {each["name"].replace("-", "_"): re.sub(r"\\(.)", r"\1", each["value"]) for each in found}
