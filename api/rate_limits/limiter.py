"""The limiter of a process, which settles up with those of the other processes."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

import structlog
from django.db import DatabaseError, InterfaceError

from api.rate_limits.buckets import Buckets
from api.rate_limits.quota import Quota, Standing
from common.nonblocking import about_to_block

# From what clients used, in seconds of their quota, and the number of seconds in which they did: the seconds until the
# bucket of each is full, which all processes share.
Settle = Callable[[Mapping[int, float], float], Mapping[int, float]]

SETTLE_EVERY = 1.0  # seconds
_MAX_CLIENTS = 100_000

log = structlog.get_logger(__name__)


class RateLimiter:
    """Decides in memory, and settles up once a second: one request in that time does it, the others go on."""

    def __init__(self, quota: Quota, settle: Settle, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self._settle = settle
        self._clock = clock
        self._buckets: Buckets[int] = Buckets(quota, max_size=_MAX_CLIENTS, clock=clock)
        self._used: Counter[int] = Counter()  # units since the last settling
        self._lock = threading.Lock()
        self._settled_at = clock()
        self._due_at = self._settled_at + SETTLE_EVERY
        self._settling = threading.Lock()

    def take(self, client: int) -> float:
        """Take a unit if there is one, and return 0; if there is none, return how many seconds to wait for it."""
        self._settle_if_due()
        with self._lock:
            wait = self._buckets.take(client)
            if not wait:
                self._used[client] += 1
        return wait

    def charge(self, client: int, units: int) -> None:
        """For a request that turns out to be worth more than a unit."""
        with self._lock:
            self._buckets.charge(client, units)
            self._used[client] += units

    def standing(self, client: int) -> Standing:
        return self._buckets.standing(client)

    def _settle_if_due(self) -> None:
        if self._clock() < self._due_at or not self._settling.acquire(blocking=False):
            return
        try:
            about_to_block()  # in the event loop: the same request comes again in a thread, and it is due still
            self._settle_or_log()
            self._due_at = self._clock() + SETTLE_EVERY
        finally:
            self._settling.release()

    def _settle_or_log(self) -> None:
        try:
            self._settle_up()
        except (DatabaseError, InterfaceError) as error:
            log.warning("rate_limits_not_settled", error=type(error).__name__)

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
            self._used.subtract(used)  # what is left was used meanwhile
            for client, seconds in full_in.items():
                self._buckets.fill_in(client, seconds + self._used[client] * self.quota.interval)
