"""What PostgreSQL's errors mean, and the connections of threads that work through one unit after the other."""

import threading
import time

from django.db import InterfaceError, OperationalError, close_old_connections, connection

# SQLSTATE classes (PostgreSQL manual, appendix A) of a server that is not there: connections, shortages, shutdowns.
_OUTAGE = ("08", "53", "57P")
# Of work that met other work: deadlocks and such, lock time limits, and what follows inside a broken transaction.
# Not 57014, a statement's own time limit: only a smaller batch may meet it.
_COLLISION = ("25P", "40", "55P")

_LOOK_EVERY = 1.0  # seconds

_thread = threading.local()


def sqlstate(error: BaseException) -> str | None:
    """The code that PostgreSQL gave an error of Django's database layer, None if it is not from the server."""
    return getattr(error.__cause__, "pgcode", None)


def is_outage(error: BaseException) -> bool:
    """Whether the server is not there for anybody at the moment."""
    code = sqlstate(error)
    if code is None:  # the connection broke before the server could answer
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(_OUTAGE)


def is_collision(error: BaseException) -> bool:
    """Whether other work was in the way: the same may succeed later."""
    return (sqlstate(error) or "").startswith(_COLLISION)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether somebody else held a lock for longer than `lock_timeout`."""
    return sqlstate(error) == "55P03"


def refresh_connection() -> None:
    """Between units of work: give up a connection that is broken or too old, so that the next unit gets a new one.

    Asking the server whether it is there is a round trip, so it is asked again only after a second, or after an error.
    """
    now = time.monotonic()
    if connection.errors_occurred or now - getattr(_thread, "looked_at", -_LOOK_EVERY) >= _LOOK_EVERY:
        _thread.looked_at = now
        close_old_connections()
