"""What looking up tokens that nobody has may cost: each is a query, for anybody who makes tokens up."""

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from api.exceptions import TooManyUnknownTokens
from api.rate_limits.buckets import Buckets
from api.rate_limits.quota import Quota

PER_ADDRESS = Quota(20, 2)  # unknown tokens that are looked up, in seconds; each process counts by itself
_MAX_SIZE = 10_000  # tokens, and addresses


class UnknownTokens:
    """Tokens that were looked up in vain, and the addresses that sent them.

    A client that goes on sending one revoked token costs a query once in `ttl`. An address that sends ever new ones is
    stopped; meanwhile others behind it are served if their tokens are in memory.
    """

    def __init__(self, ttl: timedelta, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl.total_seconds()
        self._clock = clock
        self._unknown_until: dict[str, float] = {}  # oldest first
        self._lock = threading.Lock()
        self._addresses: Buckets[str] = Buckets(PER_ADDRESS, max_size=_MAX_SIZE, clock=clock)

    def __contains__(self, digest: str) -> bool:
        """Whether the token was unknown a moment ago."""
        return self._clock() < self._unknown_until.get(digest, 0.0)

    def check(self, address: str) -> None:
        """Raises:
        TooManyUnknownTokens: from this address.
        """
        if wait := self._addresses.standing(address).wait:
            raise TooManyUnknownTokens(wait=math.ceil(wait))

    def note(self, digest: str, address: str) -> None:
        """A token was looked up, and is nobody's."""
        self._addresses.charge(address, 1)
        with self._lock:
            self._unknown_until[digest] = self._clock() + self._ttl
            if len(self._unknown_until) > _MAX_SIZE:
                del self._unknown_until[next(iter(self._unknown_until))]

    def clear(self) -> None:
        self._unknown_until.clear()
        self._addresses.clear()
