"""Noticing that a subscription is stuck: the last net under a client library."""

import time
from collections.abc import Callable

JOIN_LIMIT = 15.0  # seconds without an assignment
PROGRESS_LIMIT = 30.0  # seconds with records waiting and none coming


class Watchdog:
    """Told what a consumer sees, says when its subscription should be renewed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stalled = False
        self.renewed()

    @property
    def stalled(self) -> bool:
        """Whether records were seen to wait, and none have come since; a new subscription alone is no progress."""
        return self._stalled

    def progress(self) -> None:
        """Records came."""
        self._stalled = False
        self.renewed()

    def renewed(self) -> None:
        """There is a new subscription: start counting anew."""
        self._unassigned_since: float | None = None
        self._last_look = self._clock()

    def silent(self, *, assigned: bool, lag: Callable[[], int | None]) -> str | None:
        """Called after a poll that brought nothing; the reason to renew the subscription, or None while all is well.

        `lag` costs a request and is called only once a `PROGRESS_LIMIT` of silence.
        """
        now = self._clock()
        if not assigned:
            self._unassigned_since = self._unassigned_since or now
            return "no assignment" if now - self._unassigned_since >= JOIN_LIMIT else None
        self._unassigned_since = None
        if now - self._last_look < PROGRESS_LIMIT:
            return None
        self._last_look = now
        waiting = lag()
        self._stalled = bool(waiting) or (waiting is None and self._stalled)
        return f"no progress with {waiting} records waiting" if waiting else None
