"""Which errors pass by themselves, and how long to wait for them."""

import random
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from messaging.exceptions import TransportUnavailable

# SQLSTATEs (PostgreSQL manual, appendix A) that are about the moment, not about the data: connections, rollbacks such as
# deadlocks, shortages, shutdowns, lock time limits. Not 57014, a statement's time limit: a smaller batch may meet it.
_TRANSIENT_CLASSES = ("08", "25P", "40", "53", "55P", "57P")


def is_transient(error: BaseException) -> bool:
    """Whether the very same work may succeed later."""
    if isinstance(error, InterfaceError | TransportUnavailable):
        return True
    sqlstate = getattr(error.__cause__, "pgcode", None)
    if sqlstate is None:
        return isinstance(error, OperationalError)  # the connection broke before the server could answer
    return bool(sqlstate.startswith(_TRANSIENT_CLASSES))


def backoff(
    attempt: int, *, base: float = 0.1, cap: float = 10.0, jitter: Callable[[], float] = random.random
) -> float:
    """Seconds to wait before try number `attempt` + 1, with full jitter.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return jitter() * min(cap, base * 2.0 ** min(attempt, 30))
