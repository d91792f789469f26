"""Token buckets in the memory of one process.

A bucket is stored as the time at which it will be full: taking a unit delays that time by an interval, so nothing has
to be refilled. This is the generic cell rate algorithm of ITU-T I.371.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from api.rate_limits.quota import Quota, Standing

_ROUNDING = 1e-6  # of a unit: ten tenths are to be one

K = TypeVar("K", bound=Hashable)


class Buckets(Generic[K]):
    """A bucket for each key. If there are too many, those that were used longest ago are dropped."""

    def __init__(self, quota: Quota, *, max_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self._max_size = max_size
        self._clock = clock
        self._full_at: dict[K, float] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """The number of buckets in memory."""
        return len(self._full_at)

    def take(self, key: K) -> float:
        """Take a unit if there is one; returns the seconds to wait for it, 0 if it was taken."""
        with self._lock:
            standing = self._standing(key)
            if not standing.wait:
                self._move(key, standing.full_in + self.quota.interval)
            return standing.wait

    def charge(self, key: K, units: int) -> None:
        """Take units, also if there are none left, or give them back if negative."""
        with self._lock:
            self._move(key, self._standing(key).full_in + units * self.quota.interval)

    def fill_in(self, key: K, seconds: float) -> None:
        """Set the time until the bucket is full, in seconds."""
        with self._lock:
            self._move(key, seconds)

    def standing(self, key: K) -> Standing:
        with self._lock:
            return self._standing(key)

    def clear(self) -> None:
        with self._lock:
            self._full_at.clear()

    def _standing(self, key: K) -> Standing:
        full_in = max(self._full_at.get(key, 0.0) - self._clock(), 0.0)
        free, interval = self.quota.window - full_in, self.quota.interval
        remaining = max(int(free / interval + _ROUNDING), 0)
        return Standing(remaining, full_in, 0.0 if remaining else interval - free)

    def _move(self, key: K, full_in: float) -> None:
        self._full_at.pop(key, None)  # so that it moves to the end of the dict, and unused keys to the beginning
        if full_in > 0:
            self._full_at[key] = self._clock() + full_in
        while len(self._full_at) > self._max_size:
            del self._full_at[next(iter(self._full_at))]
