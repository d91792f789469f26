"""The rate limiter of a process, which synchronises with those of the other processes."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

import structlog
from django.db import DatabaseError, InterfaceError

from api.rate_limits.buckets import Buckets
from api.rate_limits.quota import Quota, Standing
from common.database_problems import database_problem
from common.nonblocking import about_to_block
from common.repeated_lines import RepeatedLine

# Adds what clients of this process used, in seconds of their quota, within so many seconds, to the shared buckets;
# returns the seconds until each of these is full.
Settle = Callable[[Mapping[int, float], float], Mapping[int, float]]

SETTLE_INTERVAL = 1.0  # seconds
_MAX_CLIENTS = 100_000

log = structlog.get_logger(__name__)


class RateLimiter:
    """Decides in memory, and synchronises once a second: one request does that, and the others do not wait."""

    def __init__(self, quota: Quota, settle: Settle, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self._settle = settle
        self._clock = clock
        self._buckets: Buckets[int] = Buckets(quota, max_size=_MAX_CLIENTS, clock=clock)
        self._used: Counter[int] = Counter()  # units since the last settling
        self._lock = threading.Lock()
        self._settled_at = clock()
        self._due_at = self._settled_at + SETTLE_INTERVAL
        self._settling = threading.Lock()
        self._not_settled = RepeatedLine(clock)

    def take(self, client: int) -> float:
        """Take a unit if there is one; returns the seconds to wait for it, 0 if it was taken."""
        self._settle_if_due()
        with self._lock:
            wait = self._buckets.take(client)
            if not wait:
                self._used[client] += 1
        return wait

    def charge(self, client: int, units: int) -> None:
        """Take further units, for a request that counts as several."""
        with self._lock:
            self._buckets.charge(client, units)
            self._used[client] += units

    def standing(self, client: int) -> Standing:
        return self._buckets.standing(client)

    def _settle_if_due(self) -> None:
        if self._clock() < self._due_at or not self._settling.acquire(blocking=False):
            return
        try:
            about_to_block()  # in the event loop it raises: a thread serves the request again, and finds it still due
            self._settle_or_log()
            self._due_at = self._clock() + SETTLE_INTERVAL
        finally:
            self._settling.release()

    def _settle_or_log(self) -> None:
        try:
            self._settle_up()
        except (DatabaseError, InterfaceError) as error:
            if self._not_settled.is_due(reason := database_problem(error)):
                log.warning("rate_limits_not_settled", reason=reason)
        else:
            self._not_settled.end()

    def _settle_up(self) -> None:
        now, used = self._clock(), self._unsettled()
        if used:
            interval = self.quota.interval
            full_in = self._settle({client: units * interval for client, units in used.items()}, now - self._settled_at)
            self._apply(used, full_in)
        self._settled_at = now

    def _unsettled(self) -> dict[int, int]:
        with self._lock:
            self._used = Counter({client: units for client, units in self._used.items() if units})
            return dict(self._used)

    def _apply(self, used: Mapping[int, int], full_in: Mapping[int, float]) -> None:
        with self._lock:
            self._used.subtract(used)  # the rest was used during the query
            for client, seconds in full_in.items():
                self._buckets.fill_in(client, seconds + self._used[client] * self.quota.interval)
