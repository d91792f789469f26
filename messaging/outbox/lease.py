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
RENEWED_BEFORE = 0.5  # seconds to its end, and between looks at how much is recorded: one for a dozen passes
WORTH_IT = 200  # events that are recorded a second; fewer are published sooner by those that record them


class Lease:
    """A relay's lease, by the relay's clock: it ends no earlier than others take it to end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = self._looked_at = float("-inf")
        self._recorded = 0  # events ever, when it looked
        self._is_worth_it = False

    @property
    def held(self) -> bool:
        return self._clock() < self._ends_at

    @property
    def wanted(self) -> bool:
        """Whether it is held, or is to be taken by the next pass that publishes something."""
        return self.held or self._is_worth_it

    def renew(self, *, published: bool) -> None:
        """Take the lease, or have it last longer, if it ends soon and much is recorded. Outside of transactions, whose
        end others would have to wait for.

        What is pending says little: those who record publish at once, a few events at a time.

        Args:
            published: whether this relay has just published something: else it may be unable to, and only looks.
        """
        now = self._clock()
        if self._ends_at - now >= RENEWED_BEFORE:
            return
        if now - self._looked_at >= RENEWED_BEFORE:
            self._look(now)
        if self._is_worth_it and published:
            execute(statements.RENEW_LEASE, seconds=SECONDS)
            self._ends_at = self._clock() + SECONDS

    def _look(self, now: float) -> None:
        ((recorded,),) = execute(statements.EVER_RECORDED)
        self._is_worth_it = (recorded - self._recorded) / (now - self._looked_at) >= WORTH_IT
        self._looked_at, self._recorded = now, recorded
