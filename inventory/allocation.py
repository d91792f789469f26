"""Who gets what: an order gets all that it asks for, or nothing; first come, first served. No database here.

What orders wait for is theirs before anybody else's who came later, however little of it there is yet: so a big order
gets together what it needs, and small ones cannot overtake it for ever. What is beyond that goes to whoever asks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.events import OrderedLine, Shortage
from inventory.valuation import UnitCost


@dataclass(slots=True)
class Level:
    """What there is of one sku, in units. `reserved` and `backordered` grow as orders are allocated."""

    on_hand: int
    reserved: int = 0
    reorder_point: int = 0
    average: UnitCost | None = None  # cost; None where nobody named one
    backordered: int = 0  # that orders wait for

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """Whether it is time to order more."""
        return self.available <= self.reorder_point

    @property
    def available_to_promise(self) -> int:
        """What a new order can have: what is beyond that which others wait for."""
        return max(0, self.available - self.backordered)


@dataclass(frozen=True, slots=True)
class QueuedLine:
    """Units of a sku that an order waits for, and how many those wait for who came before it."""

    sku: str
    quantity: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What became of one order: everything is held, or, if there is any shortage, nothing is."""

    shortages: Sequence[Shortage]
    ran_low: Sequence[str]  # skus whose available units fell to their `reorder_point` or below by this order

    @property
    def reserved(self) -> bool:
        return not self.shortages


def asked_for(lines: Iterable[OrderedLine]) -> dict[str, int]:
    """Units by sku; a sku that stands on several lines adds up."""
    asked: dict[str, int] = {}
    for line in lines:
        asked[line.sku] = asked.get(line.sku, 0) + line.quantity
    return asked


def allocate(asked: Mapping[str, int], levels: Mapping[str, Level]) -> Allocation:
    """Hold all that an order asks for in `levels`, or leave them as they are and name every sku that is short.

    Of a sku that is not in `levels`, nothing is available.
    """
    shortages = [
        Shortage(sku=sku, asked=quantity, available=available)
        for sku, quantity in asked.items()
        if quantity > (available := _available(sku, levels))
    ]
    ran_low = [] if shortages else [sku for sku, quantity in asked.items() if hold(levels[sku], quantity)]
    return Allocation(shortages, ran_low)


def is_served(lines: Iterable[QueuedLine], levels: Mapping[str, Level]) -> bool:
    """Whether it is the turn of an order that waits: of each sku there is enough for it and for all before it.

    Whether those before it are served with it or go on waiting for something else makes no difference.
    """
    return all(line.ahead + line.quantity <= levels[line.sku].available for line in lines)


def _available(sku: str, levels: Mapping[str, Level]) -> int:
    level = levels.get(sku)
    return level.available_to_promise if level else 0


def hold(level: Level, quantity: int) -> bool:
    """Reserve units; whether that crosses the level's reorder point."""
    was_low = level.is_low
    level.reserved += quantity
    return level.is_low and not was_low


@dataclass(frozen=True, slots=True)
class Return:
    """Units by sku that the credit note `reference` brings back of an order."""

    order_id: UUID
    reference: str
    quantities: Mapping[str, int]


def covered(returns: Iterable[Return], away: Mapping[tuple[UUID, str], int]) -> list[Return]:
    """The returns, in their order, that bring back no more than is away, each as a whole.

    Args:
        away: units by order and sku that were sent and are not back.
    """
    left = Counter(away)
    found = []
    for each in returns:
        if all(left[each.order_id, sku] >= quantity for sku, quantity in each.quantities.items()):
            left.subtract({(each.order_id, sku): quantity for sku, quantity in each.quantities.items()})
            found.append(each)
    return found
