"""A watchdog for subscriptions that hang in the client library: it says when one has to be made anew."""

import time
from collections.abc import Callable

from common.text import number_of

JOIN_LIMIT = 15.0  # seconds without an assignment
PROGRESS_LIMIT = 30.0  # seconds with records waiting and none coming


class Watchdog:
    """Says when a consumer's subscription should be renewed, from what its polls have brought."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stalled = False
        self._failures = 0
        self._failing_since = self._failed_at = float("-inf")
        self.renewed()

    @property
    def stalled(self) -> bool:
        """Whether records waited and none have come since, or polls have failed for long. A new subscription does not
        change that.
        """
        return self._stalled or (self.failing and self._failed_at - self._failing_since >= PROGRESS_LIMIT)

    @property
    def failing(self) -> bool:
        """Whether a poll has failed of late."""
        return self._clock() - self._failed_at < PROGRESS_LIMIT

    def failed(self) -> int:
        """A poll failed; returns how often that was in a row.

        Records that come between, of other partitions, do not end the row: a time without a failure does.
        """
        now = self._clock()
        if now - self._failed_at >= PROGRESS_LIMIT:
            self._failing_since, self._failures = now, 0
        self._failed_at = now
        self._failures += 1
        return self._failures

    def progress(self) -> None:
        """Records came."""
        self._stalled = False
        self.renewed()

    def renewed(self) -> None:
        """There is a new subscription: start counting anew."""
        self._unassigned_since: float | None = None
        self._last_look = self._clock()

    def reason_to_renew(self, *, assigned: bool, lag: Callable[[], int | None]) -> str | None:
        """The reason to renew the subscription after a poll without records, None if there is none.

        `lag` costs a request to the broker and is called once in a `PROGRESS_LIMIT`.
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
        return f"no progress with {number_of(waiting, 'record', 'records')} waiting" if waiting else None
