"""What PostgreSQL's errors mean, and the connections of threads that work through one unit after the other."""

import threading
import time

from django.db import InterfaceError, OperationalError, close_old_connections, connection

# SQLSTATEs and their classes (PostgreSQL manual, appendix A) of a server that is not there for anybody: connections,
# shortages, shutdowns, disks and what they damaged, and 25006: a fail-over has left us with a server that takes no
# changes.
_OUTAGE = ("08", "25006", "53", "57P", "58", "XX001", "XX002")
# Of work that met other work: deadlocks and such, lock time limits, and what follows inside a broken transaction.
_COLLISION = ("25P", "40", "55P")
_CANCELED = "57014"  # a statement: by its own time limit, or by an operator
_LOCK_TIMEOUT = "55P03"

_CHECK_INTERVAL = 1.0  # seconds

_thread = threading.local()


class ReadOnlyDatabase(OperationalError):
    """The database takes no changes at the moment."""


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


def is_canceled(error: BaseException) -> bool:
    """Whether a statement took too long: on a slow disk any may, and of a batch too large each try."""
    return sqlstate(error) == _CANCELED


def is_unavailable(error: BaseException) -> bool:
    """Whether the same request may succeed later: the database is away, busy, slow, or takes no changes."""
    return is_outage(error) or is_collision(error) or is_canceled(error)


def is_timeout(error: BaseException) -> bool:
    """Whether a statement waited too long, for a lock that somebody else held or for the server."""
    return sqlstate(error) in (_LOCK_TIMEOUT, _CANCELED)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether somebody else held a lock for longer than `lock_timeout`."""
    return sqlstate(error) == _LOCK_TIMEOUT


def is_read_only() -> bool:
    """Whether the database takes no changes from this session: a standby, or set so by an operator."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def refresh_connection() -> None:
    """Between units of work: give up a connection that is broken or too old, so that the next unit gets a new one.

    Asking the server whether it is there is a round trip, so it is asked again only after a second, or after an error.
    """
    now = time.monotonic()
    if connection.errors_occurred or now - getattr(_thread, "looked_at", -_CHECK_INTERVAL) >= _CHECK_INTERVAL:
        _thread.looked_at = now
        close_old_connections()
