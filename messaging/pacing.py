"""How long a loop pauses after a small batch.

A batch of any size costs some milliseconds for its transaction, its statements and the broker. A loop that polls again
at once takes whole cores for a few events at a time. One that pauses in proportion to its work finds more events the
next time, so batches grow with the load. A loop that has been idle is not delayed.
"""

import time
from collections.abc import Callable

SHARE = 0.05  # of a core, that a loop takes for small batches
ALLOWANCE = 0.05  # seconds of work after a time of rest, before the first pause
LONGEST_REST = 0.2  # seconds


def debt_after(debt: float, *, worked: float, passed: float) -> float:
    """Seconds of work beyond a loop's share, kept as a leaky bucket: filled by work, drained as time passes.

    Args:
        worked: seconds of CPU of the last piece of work.
        passed: seconds since the piece before ended.
    """
    return min(max(0.0, debt - SHARE * passed) + worked, ALLOWANCE + SHARE * LONGEST_REST)


def rest_for(debt: float) -> float:
    """Seconds to rest until no more than the allowance is owed; at most LONGEST_REST."""
    return max(0.0, debt - ALLOWANCE) / SHARE


class Pace:
    """The pace of one loop, measured by the CPU time of its thread: `end` says how long to pause."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._debt = 0.0
        self._ended_at = clock()
        self._cpu_before = 0.0

    def begin(self) -> None:
        """A piece of work begins."""
        self._cpu_before = self._cpu()

    def end(self) -> float:
        """The piece of work has ended; returns the seconds to rest."""
        now = self._clock()
        self._debt = debt_after(self._debt, worked=self._cpu() - self._cpu_before, passed=now - self._ended_at)
        self._ended_at = now
        return rest_for(self._debt)
