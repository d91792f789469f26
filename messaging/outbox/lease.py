"""The relay's lease of the outbox: while it lasts, the publishers of other processes leave publishing to the relay.

They share their process, and with it Python's global lock, with requests or with handlers, which wait whenever they
publish. The lease saves work and guards nothing: whoever publishes, the locks of the lanes keep events in their order.
It is never given back: when a relay has ended, the others publish again after a second at most.
"""

import time
from collections.abc import Callable

from common.sql import execute
from messaging import statements

SECONDS = 1.0  # that a lease lasts
RENEWED_BEFORE = 0.5  # seconds to its end: one statement for a dozen passes
WORTH_IT = 10  # events of a pass; fewer are published sooner by those that record them


class Lease:
    """A relay's lease, by the relay's clock: it ends no earlier than others take it to end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = float("-inf")

    @property
    def held(self) -> bool:
        return self._clock() < self._ends_at

    def renew(self) -> None:
        """Take the lease, or have it last longer, if it ends soon. Outside of transactions, whose end others would
        have to wait for."""
        if self._ends_at - self._clock() < RENEWED_BEFORE:
            execute(statements.RENEW_LEASE, seconds=SECONDS)
            self._ends_at = self._clock() + SECONDS
