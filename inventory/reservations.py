"""Reserving stock for orders as they are placed."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from inventory import statements
from inventory.allocation import Allocation, Level, allocate, asked_for
from inventory.bookings import low
from inventory.events import (
    INSUFFICIENT_STOCK,
    OrderedLine,
    OrderPlaced,
    Shortage,
    StockRejected,
    StockReserved,
)
from inventory.models import StockItem
from messaging.events import Event
from messaging.outbox import recording


def reserve_stock_for_orders(events: Sequence[OrderPlaced]) -> None:
    """Answer every placed order with exactly one stock event, first come, first served.

    An order that was answered before, under whichever event id, is left as it is. Runs in the transaction that claims
    the events; takes its locks in one fixed order: answers by order id, then stock items by sku.
    """
    unanswered = statements.claim({event.order_id for event in events})
    asked = {event.order_id: asked_for(event.lines) for event in events if event.order_id in unanswered}
    levels = StockItem.objects.lock({sku for quantities in asked.values() for sku in quantities})
    held: dict[UUID, Mapping[str, int]] = {}
    rejected: dict[UUID, Sequence[Shortage]] = {}
    answers: list[Event] = []
    for order_id, quantities in asked.items():
        allocation = allocate(quantities, levels)
        if allocation.reserved:
            held[order_id] = quantities
        else:
            rejected[order_id] = allocation.shortages
        answers += _announcements(order_id, quantities, allocation, levels)
    statements.hold(held)
    statements.reject(rejected)
    recording.record_all(answers)


def _announcements(
    order_id: UUID, quantities: Mapping[str, int], allocation: Allocation, levels: Mapping[str, Level]
) -> Iterator[Event]:
    if not allocation.reserved:
        yield StockRejected(order_id=order_id, reason=INSUFFICIENT_STOCK, shortages=list(allocation.shortages))
        return
    lines = [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    yield StockReserved(order_id=order_id, lines=lines)
    yield from (low(sku, levels[sku], order_id) for sku in allocation.ran_low)
