"""The database connections of threads that work through one unit after the other."""

import threading
import time

from django.db import close_old_connections, connection

_LOOK_EVERY = 1.0  # seconds

_thread = threading.local()


def refresh_connection() -> None:
    """Between units of work: give up a connection that is broken or too old, so that the next unit gets a new one.

    Asking the server whether it is there is a round trip, so it is asked again only after a second, or after an error.
    """
    now = time.monotonic()
    if connection.errors_occurred or now - getattr(_thread, "looked_at", -_LOOK_EVERY) >= _LOOK_EVERY:
        _thread.looked_at = now
        close_old_connections()
