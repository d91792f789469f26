"""Kinds of PostgreSQL errors by SQLSTATE, and checks of a thread's connection."""

import threading
import time

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection

# SQLSTATEs and their classes (PostgreSQL manual, appendix A) of a server that can't serve anybody: connections,
# resources, shutdowns, disks and damaged data, and 25006: read-only, as after a fail-over.
_OUTAGE = ("08", "25006", "53", "57P", "58", "XX001", "XX002")
# Conflicts with other transactions: deadlocks, lock timeouts, and what follows inside an aborted transaction.
_COLLISION = ("25P", "40", "55P")
_CANCELED = "57014"  # by statement_timeout, or by an operator
_LOCK_TIMEOUT = "55P03"
_DISK_FULL = "53100"

_CHECK_INTERVAL = 1.0  # seconds

_thread = threading.local()


class ReadOnlyDatabase(OperationalError):
    """The database is read-only at the moment."""


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of an error of Django's database layer, None if it is not from the server."""
    return getattr(error.__cause__, "pgcode", None)


def is_outage(error: BaseException) -> bool:
    """Whether the server can't serve anybody at the moment."""
    code = sqlstate(error)
    if code is None:  # the connection broke before the server could respond
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(_OUTAGE)


def is_collision(error: BaseException) -> bool:
    """Whether it is a conflict with another transaction: the same may succeed later."""
    return (sqlstate(error) or "").startswith(_COLLISION)


def is_canceled(error: BaseException) -> bool:
    """Whether a statement was canceled, because it took too long or by an operator."""
    return sqlstate(error) == _CANCELED


def is_unavailable(error: BaseException) -> bool:
    """Whether the same request may succeed later: the database is down, busy, slow, or read-only."""
    return is_outage(error) or is_collision(error) or is_canceled(error)


def is_timeout(error: BaseException) -> bool:
    """Whether a statement took longer than `lock_timeout` or `statement_timeout`, or was canceled."""
    return sqlstate(error) in (_LOCK_TIMEOUT, _CANCELED)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether another transaction held a lock for longer than `lock_timeout`."""
    return sqlstate(error) == _LOCK_TIMEOUT


def is_disk_full(error: BaseException) -> bool:
    """Whether the server has no room left for what it was to write."""
    return sqlstate(error) == _DISK_FULL


def is_read_only() -> bool:
    """Whether the session is read-only, as on a standby server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def takes_changes() -> bool:
    """Whether the server responds, and takes changes. To be called between units of work."""
    refresh_connection()
    try:
        return not is_read_only()
    except (DatabaseError, InterfaceError):
        return False


def refresh_connection() -> None:
    """Close the thread's connection if it is broken or too old, so that the next query opens a new one.

    To be called between units of work. The check is a round trip, so it is made once a second, and after errors.
    """
    now = time.monotonic()
    if connection.errors_occurred or now - getattr(_thread, "checked_at", -_CHECK_INTERVAL) >= _CHECK_INTERVAL:
        _thread.checked_at = now
        close_old_connections()
