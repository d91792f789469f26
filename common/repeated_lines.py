"""Log lines about a state that goes on, such as an outage that is waited for."""

import time
from collections.abc import Callable

_AGAIN_AFTER = 60.0  # seconds


class RepeatedLine:
    """A line that is due when a state begins or its reason changes, and then once a minute while it goes on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason: str | None = None
        self._said_at = 0.0

    def is_due(self, reason: str) -> bool:
        """Whether to write the line now, which counts as written."""
        now = self._clock()
        if reason == self._reason and now - self._said_at < _AGAIN_AFTER:
            return False
        self._reason, self._said_at = reason, now
        return True

    def end(self) -> bool:
        """Note that the state is over; whether it had been written about."""
        was_said, self._reason = self._reason is not None, None
        return was_said
