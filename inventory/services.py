"""Changing what there is on hand: bookings by hand and of imports. What orders do to stock is in reservations.py."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from inventory.allocation import Level
from inventory.exceptions import OnHandRefused, RefusedLevel, UnknownSku
from inventory.models import MAX_ON_HAND, StockItem, StockMovement


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
