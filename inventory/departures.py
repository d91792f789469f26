"""What becomes of stock that is held for orders: it is sent, or free again.

Both run in the transaction that claims the events, and take the locks of reservations.py in its order: decisions by
order id, then stock items by sku. Orders announce shipments and cancellation in one partition, so what is handled here
comes in its order; what a person replays, or publishes again, is known by the movements that it made the first time.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from inventory import statements
from inventory.allocation import asked_for
from inventory.backorders import announce_turns
from inventory.events import OrderCancelled, OrderShipped
from inventory.exceptions import NotHeld
from inventory.models import BackorderLine, Reservation, StockItem, StockMovement
from inventory.returns import due_returns, put_back
from inventory.statements import Movement

Kind = StockMovement.Kind
Held = dict[UUID, Counter[str]]  # units by order and sku


def release_stock(events: Sequence[OrderCancelled]) -> None:
    """Let go of what is held for cancelled orders, as far as it was cancelled, and have those that wait wait no longer.

    An order that was not decided on yet is decided on now: nothing is ever held for it.
    """
    orders = {event.order_id: event for event in events}
    statements.cancel_undecided(orders)
    statements.lock_decisions(orders)
    movements = _released(orders)
    freed = dict(BackorderLine.objects.filter(decision__in=orders).values_list("sku", "decision_id"))
    freed |= {movement.sku: movement.order_id for movement in movements}
    levels = StockItem.objects.lock(freed)
    statements.leave_queue(orders)
    statements.cancel_backordered(orders)
    statements.take_from_reservations(movements, Kind.RELEASE)
    announce_turns(freed, levels)


def issue_stock(events: Sequence[OrderShipped]) -> None:
    """Book what was sent out of stock, of what is held for its orders, and what came back of it already.

    A shipment counts once.

    Raises:
        NotHeld: more was sent than is held.
    """
    orders = {event.order_id for event in events}
    statements.lock_decisions(orders)
    booked = statements.booked(orders, Kind.ISSUE)
    shipments = {event.shipment: event for event in events if (event.order_id, event.shipment) not in booked}
    held = _held_for({event.order_id for event in shipments.values()})
    movements = [movement for event in shipments.values() for movement in _issued(event, held)]
    back = due_returns(orders, movements)
    levels = StockItem.objects.lock({movement.sku for movement in (*movements, *back)})
    statements.take_from_reservations(movements, Kind.ISSUE)
    put_back(back)
    announce_turns({movement.sku: movement.order_id for movement in back}, levels)


def _released(orders: Mapping[UUID, OrderCancelled]) -> list[Movement]:
    """What is held of what was cancelled, of orders of which nothing was released before."""
    released = {order_id for order_id, _ in statements.booked(orders, Kind.RELEASE)}
    held = _held_for(orders.keys() - released)
    return [
        Movement(order_id, "", sku, min(quantity, units[sku]))
        for order_id, units in held.items()
        for sku, quantity in asked_for(orders[order_id].lines).items()
        if units[sku]
    ]


def _issued(event: OrderShipped, held: Held) -> Iterable[Movement]:
    for sku, quantity in asked_for(event.lines).items():
        left = held[event.order_id][sku] - quantity
        if left < 0:
            raise NotHeld(event.order_id, event.shipment, sku)
        held[event.order_id][sku] = left
        yield Movement(event.order_id, event.shipment, sku, quantity)


def _held_for(order_ids: Collection[UUID]) -> Held:
    held: Held = {order_id: Counter() for order_id in order_ids}
    rows = Reservation.objects.filter(decision__in=order_ids).values_list("decision_id", "sku", "quantity")
    for order_id, sku, quantity in rows:
        held[order_id][sku] = quantity
    return held
