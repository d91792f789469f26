"""The lanes of the outbox, by which several publishers work at once.

A lane has all keys with one remainder of their hash, so all events of a key are in one lane, and whoever holds its lock
is the only one that publishes them. A pass takes the whole outbox if nobody else is at work, else every lane that is
free. Only while there is more to publish than a pass holds does a publisher take a few lanes at a time, so that others
find the rest: with little to do, several publishers would only make several times the queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LANES = 32  # a power of two; as many as in the index `outbox_lanes`, which this number can't change without
LANES_OF_A_SHARE = 4  # so up to eight publishers are at work on a backlog
ALL_LANES: Sequence[int] = tuple(range(LANES))


@dataclass(frozen=True, slots=True)
class WantedLanes:
    """The lanes that a pass tries to lock: all, which is the whole outbox, or of those that are free a few.

    Attributes:
        first: the lane that is tried first; the others follow in turn, so that none is always the last one.
        is_share: whether a few are enough.
    """

    first: int = 0
    is_share: bool = False

    @property
    def most(self) -> int:
        return LANES_OF_A_SHARE if self.is_share else LANES

    def after(self, held: Sequence[int], *, is_share: bool) -> "WantedLanes":
        """The lanes that the next pass tries, after one that held these."""
        return WantedLanes((held[-1] + 1) % LANES if held else self.first, is_share)


WHOLE_OUTBOX = WantedLanes()
