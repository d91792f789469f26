"""The rule by which crashed processes are restarted or given up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """Exponential backoff after failures in a row, up to `most_failures`. Times in seconds.

    After a run of `healthy_after` or more, earlier failures do not count.
    """

    first_delay: float = 0.5
    longest_delay: float = 15.0
    healthy_after: float = 20.0
    most_failures: int = 6

    def failures_after(self, failures: int, lasted: float) -> int:
        """The number of failures in a row after another run, which has lasted so long."""
        return 1 if lasted >= self.healthy_after else failures + 1

    def delay(self, failures: int) -> float | None:
        """The time to wait before the next start; None to give up."""
        if failures >= self.most_failures:
            return None
        return min(self.first_delay * 2.0 ** (failures - 1), self.longest_delay)
