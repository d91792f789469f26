"""How long a log-in has to wait after others have failed: a rule about numbers."""

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)  # without a further failure

_MAX_DOUBLINGS = 16  # more than it takes from the first wait to the longest


def wait_left(*, failures: int, allowed: int, age: timedelta) -> timedelta:
    """How long the next try has to wait yet: not at all, or from the first wait on twice as long after each failure.

    Rejected tries are no failures. So a wait ends, whoever goes on trying meanwhile.

    Args:
        failures: so far.
        allowed: failures after which the next try need not wait.
        age: of the latest failure.
    """
    if failures < allowed or age >= FORGOTTEN_AFTER:
        return timedelta(0)
    doublings = min(failures - allowed, _MAX_DOUBLINGS)
    return max(min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) - age, timedelta(0))
