"""Which errors pass by themselves, and how long to wait for them."""

import random
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from messaging.exceptions import TransportUnavailable

# SQLSTATE classes (PostgreSQL manual, appendix A) of a server that is not there: connections, shortages, shutdowns.
_OUTAGE = ("08", "53", "57P")
# Of work that met other work: deadlocks and such, lock time limits, and what follows inside a broken transaction.
# Not 57014, a statement's own time limit: only a smaller batch may meet it.
_COLLISION = ("25P", "40", "55P")


def is_outage(error: BaseException) -> bool:
    """Whether the server is not there for anybody at the moment."""
    if isinstance(error, InterfaceError | TransportUnavailable):
        return True
    code = sqlstate(error)
    if code is None:
        return isinstance(error, OperationalError)  # the connection broke before the server could answer
    return code.startswith(_OUTAGE)


def is_transient(error: BaseException) -> bool:
    """Whether the very same work may succeed later."""
    return is_outage(error) or (sqlstate(error) or "").startswith(_COLLISION)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether somebody else held a lock for longer than `lock_timeout`."""
    return sqlstate(error) == "55P03"


def sqlstate(error: BaseException) -> str | None:
    """The code that PostgreSQL gave an error of Django's database layer, None if it is not from the server."""
    return getattr(error.__cause__, "pgcode", None)


def kind_of(error: BaseException) -> str:
    """A few words at most that tell errors apart, for metrics: the SQLSTATE or else the type."""
    return sqlstate(error) or type(error).__name__


def backoff(
    attempt: int, *, base: float = 0.1, cap: float = 10.0, jitter: Callable[[], float] = random.random
) -> float:
    """Seconds to wait before try number `attempt` + 1, with full jitter.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return jitter() * min(cap, base * 2.0 ** min(attempt, 30))
