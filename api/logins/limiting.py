"""Allowing or rejecting attempts to log in, with log lines and metrics."""

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
for _outcome in ("succeeded", "failed", "limited", "busy"):
    LOGINS.labels(_outcome)  # at 0: docs/monitoring.md

_MAX_NAME = 64  # characters of a name in the log

log = structlog.get_logger(__name__)


def limited(attempt: Attempt, verify: Callable[[], T | None]) -> T | None:
    """Call `verify`, which hashes a password and returns None if it is wrong, if the attempt is allowed.

    The counters are read before the lock, so that rejected attempts don't wait for it, and again inside, so that of
    many concurrent attempts each is checked after those before it were counted. Only known browsers wait for the lock:
    otherwise a flood of attempts would occupy all threads.

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
