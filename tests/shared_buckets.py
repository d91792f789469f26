"""Shared buckets in memory: the twin of api/rate_limits/shared.py."""

from collections import defaultdict
from collections.abc import Callable, Mapping


class MemoryBuckets:
    """Shared buckets; `used` has the booked seconds of the quota by client."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: dict[int, float] = {}
        self.used: dict[int, float] = defaultdict(float)

    def settle(self, used: Mapping[int, float], elapsed: float) -> Mapping[int, float]:
        now = self._clock()
        for client, seconds in used.items():
            self._full_at[client] = max(self._full_at.get(client, now - elapsed), now - elapsed) + seconds
            self.used[client] += seconds
        return {client: self._full_at[client] - now for client in used}
