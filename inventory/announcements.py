"""What is announced when stock moves."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from inventory.allocation import Level
from inventory.events import OrderedLine, StockLow, StockReserved
from messaging.events import Event


def reserved(
    order_id: UUID, quantities: Mapping[str, int], ran_low: Iterable[str], levels: Mapping[str, Level]
) -> Iterator[Event]:
    """The events of a reservation: what the order holds, and each sku that ran low by it. `levels` are those after."""
    lines = [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    yield StockReserved(order_id=order_id, lines=lines)
    yield from (low(sku, levels[sku], order_id) for sku in ran_low)


def low(sku: str, level: Level, order_id: UUID | None = None) -> StockLow:
    """The event that a sku has become low, by an order or otherwise."""
    return StockLow(
        order_id=order_id,
        sku=sku,
        on_hand=level.on_hand,
        reserved=level.reserved,
        reorder_point=level.reorder_point,
    )
