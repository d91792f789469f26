"""When a crashed process is started again, and when that is pointless."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """Waits twice as long after each failure in a row, and gives up after too many. Times in seconds.

    A run of `healthy_after` or more makes earlier failures forgotten.
    """

    first_delay: float = 0.5
    longest_delay: float = 15.0
    healthy_after: float = 20.0
    most_failures: int = 6

    def failures_after(self, failures: int, lasted: float) -> int:
        """Failures in a row, now that another run ended after `lasted`."""
        return 1 if lasted >= self.healthy_after else failures + 1

    def delay(self, failures: int) -> float | None:
        """How long to wait before the next start; None: give up."""
        if failures >= self.most_failures:
            return None
        return min(self.first_delay * 2.0 ** (failures - 1), self.longest_delay)
