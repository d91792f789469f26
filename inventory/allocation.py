"""Who gets what: an order gets all that it asks for, or nothing. No database here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.events import OrderedLine, Shortage
from inventory.valuation import UnitCost


@dataclass(slots=True)
class Level:
    """What there is of one sku, in units. `reserved` grows as orders are allocated."""

    on_hand: int
    reserved: int = 0
    reorder_point: int = 0
    average: UnitCost | None = None  # cost; None where nobody named one

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """Whether it is time to order more."""
        return self.available <= self.reorder_point


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
    ran_low = [] if shortages else [sku for sku, quantity in asked.items() if _hold(levels[sku], quantity)]
    return Allocation(shortages, ran_low)


def _available(sku: str, levels: Mapping[str, Level]) -> int:
    level = levels.get(sku)
    return level.available if level else 0


def _hold(level: Level, quantity: int) -> bool:
    """Reserve units; whether that crosses the level's reorder point."""
    was_low = level.is_low
    level.reserved += quantity
    return level.is_low and not was_low
