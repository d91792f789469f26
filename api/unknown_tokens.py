"""A limit on look-ups of unknown tokens, each of which is a query that anybody can cause."""

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from api.exceptions import TooManyUnknownTokens
from api.rate_limits.buckets import Buckets
from api.rate_limits.quota import Quota

PER_ADDRESS = Quota(20, 2)  # look-ups of unknown tokens, for each process
_MAX_SIZE = 10_000  # tokens, and addresses


class UnknownTokens:
    """Unknown tokens that were looked up, and the addresses that sent them.

    A client that goes on sending a revoked token costs one query in `ttl`. An address that sends many different ones is
    limited; other clients at this address are served as long as their tokens are cached.

    Attributes:
        addresses: the look-ups of unknown tokens by address.
    """

    def __init__(self, ttl: timedelta, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl.total_seconds()
        self._clock = clock
        self._unknown_until: dict[str, float] = {}  # oldest first
        self._lock = threading.Lock()
        self.addresses: Buckets[str] = Buckets(PER_ADDRESS, max_size=_MAX_SIZE, clock=clock)

    def __len__(self) -> int:
        """The number of tokens in memory."""
        return len(self._unknown_until)

    def __contains__(self, digest: str) -> bool:
        """Whether the token was looked up within `ttl`, and unknown."""
        return self._clock() < self._unknown_until.get(digest, 0.0)

    def check(self, address: str) -> None:
        """Raises:
        TooManyUnknownTokens: from this address.
        """
        if wait := self.addresses.standing(address).wait:
            raise TooManyUnknownTokens(wait=math.ceil(wait))

    def note(self, digest: str, address: str) -> None:
        """Note a look-up of an unknown token."""
        self.addresses.charge(address, 1)
        with self._lock:
            self._unknown_until[digest] = self._clock() + self._ttl
            if len(self._unknown_until) > _MAX_SIZE:
                del self._unknown_until[next(iter(self._unknown_until))]

    def clear(self) -> None:
        self._unknown_until.clear()
        self.addresses.clear()
