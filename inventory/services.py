"""Changing stock: reservations for orders as they are placed, and bookings by hand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import transaction

from inventory import statements
from inventory.allocation import Allocation, Level, allocate, asked_for
from inventory.events import (
    INSUFFICIENT_STOCK,
    OrderedLine,
    OrderPlaced,
    Shortage,
    StockLow,
    StockRejected,
    StockReserved,
)
from inventory.exceptions import OnHandRefused, RefusedLevel, UnknownSku
from inventory.models import MAX_ON_HAND, StockItem, StockMovement
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


@transaction.atomic
def book_movement(
    *, sku: str, kind: StockMovement.Kind, quantity: int, note: str = "", actor: str = ""
) -> StockMovement:
    """Book by hand what came in (a receipt), or what a count corrects (an adjustment; negative if units are missing).

    A receipt makes a stock item of a sku that had none. `sku` is well formed, `quantity` not 0, and of a receipt not
    below; `actor` is a user name.

    Raises:
        UnknownSku: there is nothing to adjust.
        OnHandRefused: see there.
    """
    if kind == StockMovement.Kind.RECEIPT:
        _create_missing([sku])
    levels = StockItem.objects.lock([sku])
    if sku not in levels:
        raise UnknownSku(sku)
    (movement,) = _change_on_hand({sku: quantity}, levels, kind=kind, note=note, actor=actor)
    return movement


@transaction.atomic
def set_on_hand(*, levels: Mapping[str, int], note: str = "", actor: str = "") -> int:
    """Bring the units on hand of many skus, all well formed, to the given numbers; how many skus that changed.

    A sku without a stock item gets one. All are changed, or none.

    Raises:
        OnHandRefused: names every sku that can't have the given number.
    """
    _create_missing(levels)
    current = StockItem.objects.lock(levels)
    changes = {sku: on_hand - current[sku].on_hand for sku, on_hand in levels.items()}
    changes = {sku: change for sku, change in changes.items() if change}
    movements = _change_on_hand(changes, current, kind=StockMovement.Kind.ADJUSTMENT, note=note, actor=actor)
    return len(movements)


def _announcements(
    order_id: UUID, quantities: Mapping[str, int], allocation: Allocation, levels: Mapping[str, Level]
) -> Iterator[Event]:
    if not allocation.reserved:
        yield StockRejected(order_id=order_id, reason=INSUFFICIENT_STOCK, shortages=list(allocation.shortages))
        return
    lines = [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    yield StockReserved(order_id=order_id, lines=lines)
    for sku in allocation.ran_low:
        level = levels[sku]
        yield StockLow(
            order_id=order_id,
            sku=sku,
            on_hand=level.on_hand,
            reserved=level.reserved,
            reorder_point=level.reorder_point,
        )


def _create_missing(skus: Iterable[str]) -> None:
    """Make empty stock items of skus that have none. Before any lock, and in sku order: see StockItem.objects.lock."""
    StockItem.objects.bulk_create([StockItem(sku=sku) for sku in sorted(skus)], ignore_conflicts=True)


def _change_on_hand(
    changes: Mapping[str, int], levels: Mapping[str, Level], *, kind: StockMovement.Kind, note: str, actor: str
) -> list[StockMovement]:
    """Write movements and levels of stock items that are locked."""
    on_hand = {sku: levels[sku].on_hand + change for sku, change in changes.items()}
    refused = [
        RefusedLevel(sku, units, levels[sku].reserved)
        for sku, units in on_hand.items()
        if not levels[sku].reserved <= units <= MAX_ON_HAND
    ]
    if refused:
        raise OnHandRefused(refused)
    StockItem.objects.bulk_create(
        [StockItem(sku=sku, on_hand=units, reserved=levels[sku].reserved) for sku, units in on_hand.items()],
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["on_hand", "updated_at"],
    )
    return StockMovement.objects.bulk_create(
        [
            StockMovement(sku=sku, kind=kind, on_hand_change=change, note=note, actor=actor)
            for sku, change in changes.items()
        ]
    )
