"""Letting tries to log in through, or not, and telling operators of it."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from prometheus_client import Counter

from api.logins import failures
from api.logins.attempt import Attempt
from api.logins.exceptions import Busy, TooManyFailures
from api.logins.hashing import HASHING_TIMEOUT, hashing_turn

T = TypeVar("T")

LOGINS = Counter("orderflow_logins", "Tries to log in by password, by outcome", ["outcome"])

_MAX_NAME = 64  # characters of a name in the log

log = structlog.get_logger(__name__)


def limited(attempt: Attempt, verify: Callable[[], T | None]) -> T | None:
    """What `verify` returns, which hashes a password and returns nothing if it is wrong.

    The counters are read again in the turn to hash: of many tries at once, each is decided on when those before it are
    counted. Tries that are rejected anyhow take no turn from others. And only a browser that is known waits for its
    turn; else a flood of tries would fill all threads.

    Raises:
        TooManyFailures, Busy: nothing was hashed.
    """
    try:
        failures.check(attempt)
        with hashing_turn(timeout=HASHING_TIMEOUT if attempt.browser else 0):
            failures.check(attempt)
            found = verify()
            (failures.reset if found else failures.count)(attempt)
    except TooManyFailures:
        _report(attempt, "limited")
        raise
    except Busy:
        _report(attempt, "busy")
        raise
    _report(attempt, "succeeded" if found else "failed")
    return found


def _report(attempt: Attempt, outcome: str) -> None:
    LOGINS.labels(outcome).inc()
    line = log.info if outcome == "succeeded" else log.warning
    # repr() escapes what could forge or hide a line.
    line(f"login_{outcome}", username=repr(attempt.username[:_MAX_NAME]), address=attempt.address)
