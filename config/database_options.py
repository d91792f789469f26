"""What every connection to PostgreSQL is opened with. DATABASE_URL may say otherwise, option by option."""

from collections.abc import Mapping
from typing import Any

from common.watched_connection import WatchedConnection, WatchedCursor

# Settings of the server for our sessions. Milliseconds, but for keepalives: seconds.
_OF_SESSIONS = {
    # A publishing pass waits for Kafka inside its transaction: idle time covers that. Group commit may wait twice for a
    # lock: less than INTAKE_TIMEOUT together, so its clients hear that nothing was stored.
    "statement_timeout": 30_000,
    "lock_timeout": 4000,
    "idle_in_transaction_session_timeout": 60_000,
    # The server notices within 15 s that our machine is gone, and lets go of our locks.
    "tcp_user_timeout": 10_000,
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 3,
    "tcp_keepalives_count": 3,
}
_OF_LIBPQ = {
    "application_name": "orderflow",
    "connect_timeout": 3,  # seconds, for each address of the host
    # And we notice within 15 s that the server's machine is gone. What TCP can't notice, the watchdog does.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def database_options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Django's OPTIONS with what the URL asks for: it wins, and of `options` only in what it names."""
    ours = " ".join(f"-c {name}={value}" for name, value in _OF_SESSIONS.items())
    return {
        **_OF_LIBPQ,
        **asked,
        "options": f"{ours} {asked.get('options', '')}".rstrip(),  # of two values of one setting the last counts
        "connection_factory": WatchedConnection,
        "cursor_factory": WatchedCursor,
    }
