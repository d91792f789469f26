"""The steps of all orders in one sequence, for readers that come back and continue where they ended.

Ids of timeline entries are given before their transactions commit. Of two steps at once the later id may be there
first, and who has read up to it would never see the earlier one. So a reader gets entries only up to one that is
settled: nothing that is still under way can have an earlier id.
"""

from typing import Any, NamedTuple

from common.changed_rows import PositionUnknown
from orders import statements
from orders.models import TimelineEntry
from orders.selectors import visible_steps

_SPAN = 5000  # ids that are looked at for a page: for that of a client with few orders no more than for any other


class Changes(NamedTuple):
    """Entries with their orders, the position up to which they are all there is, and whether more is settled."""

    entries: list[TimelineEntry]
    position: int
    more: bool


def latest_position() -> int:
    """The position of who has read everything, from which to begin."""
    return statements.settled_timeline().latest


def changes_after(position: int, *, reader: Any, limit: int) -> Changes:
    """The next steps of orders that a user may see, at most `limit`; maybe none of many that it may not see.

    Raises:
        PositionUnknown: no entry has had this id.
    """
    settled = statements.settled_timeline(after=position)
    if position > settled.last_given:
        raise PositionUnknown
    end = max(min(settled.latest, settled.following + _SPAN - 1), position)
    entries = list(
        visible_steps(reader)
        .filter(pk__gt=position, pk__lte=end)
        .select_related("order")
        .only("at", "event", "detail", "order__reference", "order__customer_id", "order__status")
        .order_by("pk")[: limit + 1]
    )
    if len(entries) > limit:
        return Changes(entries[:limit], entries[limit - 1].pk, more=True)
    return Changes(entries, end, more=end < settled.latest)
