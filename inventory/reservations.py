"""Reserving stock for orders as they are placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from inventory import announcements, backorders, statements
from inventory.allocation import Level, allocate, asked_for
from inventory.bookings import create_missing
from inventory.events import INSUFFICIENT_STOCK, OrderPlaced, Shortage, StockBackordered, StockRejected
from inventory.models import ReservationDecision, StockItem
from messaging.events import Event
from messaging.outbox import recording

Quantities = Mapping[str, int]  # units by sku


@dataclass
class _Decisions:
    """What is decided on a batch of orders, by order id."""

    held: dict[UUID, Quantities] = field(default_factory=dict)  # that are reserved, or waited for
    backordered: dict[UUID, Sequence[Shortage]] = field(default_factory=dict)
    rejected: dict[UUID, Sequence[Shortage]] = field(default_factory=dict)
    # Skus of which orders placed later want all that there is, with such an order.
    overtaken: dict[str, UUID] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


def reserve_stock_for_orders(events: Sequence[OrderPlaced]) -> None:
    """Answer every placed order with exactly one stock event, first come, first served.

    A short order is rejected, or waits where its customer wants that. One that was decided on before, under whichever
    event id, is left as it is. Runs in the transaction that claims the events; takes its locks in one fixed order:
    decisions by order id, then stock items by sku.
    """
    undecided = statements.claim({event.order_id for event in events})
    orders = {event.order_id: event for event in events if event.order_id in undecided}
    asked = {order_id: asked_for(order.lines) for order_id, order in orders.items()}
    if waiting := {sku for order_id, order in orders.items() if order.allow_backorder for sku in asked[order_id]}:
        create_missing(waiting)
    levels = StockItem.objects.lock({sku for quantities in asked.values() for sku in quantities})
    decisions = _Decisions()
    for order_id, quantities in asked.items():
        _decide(order_id, quantities, levels, decisions, may_wait=orders[order_id].allow_backorder)
    _write(decisions)
    backorders.announce_turns(decisions.overtaken, levels)


def _decide(
    order_id: UUID, quantities: Quantities, levels: Mapping[str, Level], decisions: _Decisions, *, may_wait: bool
) -> None:
    allocation = allocate(quantities, levels)
    if allocation.reserved:
        decisions.held[order_id] = quantities
        decisions.events += announcements.reserved(order_id, quantities, allocation.ran_low, levels)
    elif may_wait:
        decisions.held[order_id] = quantities
        decisions.backordered[order_id] = allocation.shortages
        decisions.events.append(StockBackordered(order_id=order_id, shortages=list(allocation.shortages)))
        if all(levels[sku].available >= quantity for sku, quantity in quantities.items()):
            decisions.overtaken |= dict.fromkeys(quantities, order_id)
        for sku, quantity in quantities.items():
            levels[sku].backordered += quantity
    else:
        decisions.rejected[order_id] = allocation.shortages
        decisions.events.append(
            StockRejected(order_id=order_id, reason=INSUFFICIENT_STOCK, shortages=list(allocation.shortages))
        )


def _write(decisions: _Decisions) -> None:
    statements.hold(decisions.held, waiting=decisions.backordered)
    statements.decide_short(ReservationDecision.Outcome.BACKORDERED, decisions.backordered)
    statements.decide_short(ReservationDecision.Outcome.REJECTED, decisions.rejected)
    recording.record_all(decisions.events)
