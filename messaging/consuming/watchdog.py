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
        self.renewed()

    @property
    def stalled(self) -> bool:
        """Whether records waited and none have come since. A new subscription does not change that."""
        return self._stalled

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
