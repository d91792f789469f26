"""A limit on look-ups of unknown tokens, each of which is a query that anybody can cause."""

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from api.exceptions import TooManyUnknownTokens
from api.rate_limits.buckets import Buckets
from api.rate_limits.quota import Quota

PER_ADDRESS = Quota(20, 2)  # look-ups of unknown tokens, for each process
_MAX_SIZE = 10_000  # tokens, and addresses


class UnknownTokens:
    """Unknown tokens that were looked up, and the addresses that sent them.

    A client that goes on sending a revoked token costs one query in `ttl`. An address that sends many different ones is
    limited. Other clients at this address, as behind the same NAT, are served if their token was valid when it was
    looked up last: nobody can make up such tokens, so their look-ups need no limit.

    Attributes:
        addresses: the look-ups of unknown tokens by address.
    """

    def __init__(self, ttl: timedelta, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl.total_seconds()
        self._clock = clock
        self._unknown_until: dict[str, float] = {}  # oldest first
        self._valid: dict[str, None] = {}  # tokens that were valid when they were looked up last, that one at the end
        self._lock = threading.Lock()
        self.addresses: Buckets[str] = Buckets(PER_ADDRESS, max_size=_MAX_SIZE, clock=clock)

    def __len__(self) -> int:
        """The number of tokens in memory."""
        return len(self._unknown_until) + len(self._valid)

    def __contains__(self, digest: str) -> bool:
        """Whether the token was looked up within `ttl`, and unknown."""
        return self._clock() < self._unknown_until.get(digest, 0.0)

    def check(self, digest: str, address: str) -> None:
        """Raises:
        TooManyUnknownTokens: from this address, and this may be another one.
        """
        if digest not in self._valid and (wait := self.addresses.standing(address).wait):
            raise TooManyUnknownTokens(wait=math.ceil(wait))

    def note(self, digest: str, address: str) -> None:
        """Note a look-up of an unknown token."""
        self.addresses.charge(address, 1)
        with self._lock:
            self._valid.pop(digest, None)
            self._unknown_until[digest] = self._clock() + self._ttl
            _drop_oldest(self._unknown_until)

    def note_valid(self, digest: str) -> None:
        """Note a look-up of a valid token."""
        with self._lock:
            self._valid.pop(digest, None)
            self._valid[digest] = None
            _drop_oldest(self._valid)

    def clear(self) -> None:
        self._unknown_until.clear()
        self._valid.clear()
        self.addresses.clear()


def _drop_oldest(tokens: dict[str, Any]) -> None:
    if len(tokens) > _MAX_SIZE:
        del tokens[next(iter(tokens))]
