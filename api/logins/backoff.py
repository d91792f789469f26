"""The backoff of log-ins after failures."""

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)  # without a further failure

_MAX_DOUBLINGS = 16  # more than it takes from the first wait to the longest


def wait_left(*, failures: int, allowed: int, age: timedelta) -> timedelta:
    """The time until the next attempt is allowed: none, or FIRST_WAIT, doubled with each further failure.

    Attempts that are rejected meanwhile do not count as failures, so they do not prolong the wait.

    Args:
        failures: so far.
        allowed: failures after which the next attempt need not wait.
        age: of the latest failure.
    """
    if failures < allowed or age >= FORGOTTEN_AFTER:
        return timedelta(0)
    doublings = min(failures - allowed, _MAX_DOUBLINGS)
    return max(min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) - age, timedelta(0))
