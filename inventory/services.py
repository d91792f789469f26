"""Changing stock by hand: bookings, stock-takes, reorder points. What orders do to stock is in reservations.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from inventory.bookings import Booking, change_on_hand, create_missing, low, refusal
from inventory.exceptions import BookingRefused, RefusedBooking, UnknownSku
from inventory.models import Kind, Reason, StockItem, StockMovement
from messaging.outbox import recording


@transaction.atomic
def book(*, booking: Booking) -> StockMovement:
    """Book by hand what came in (a receipt), or that there is less or more than was booked (an adjustment).

    A receipt makes a stock item of a sku that had none. `change` is not 0, and of a receipt not below.

    Raises:
        UnknownSku: there is nothing to adjust.
        BookingRefused: see there.
    """
    if booking.kind == Kind.RECEIPT:
        create_missing([booking.sku])
    levels = StockItem.objects.lock([booking.sku])
    if booking.sku not in levels:
        raise UnknownSku(booking.sku)
    (movement,) = change_on_hand([booking], levels)
    return movement


def book_movement(*, sku: str, kind: Kind, quantity: int, note: str = "", actor: str = "") -> StockMovement:
    """`book` a receipt or a correction, of which no more is known."""
    reason = Reason.CORRECTION if kind == Kind.ADJUSTMENT else ""
    return book(booking=Booking(sku=sku, kind=Kind(kind), change=quantity, reason=reason, note=note, actor=actor))


@transaction.atomic
def take_stock(*, counts: Sequence[Booking]) -> list[StockMovement]:
    """Bring skus, each named once, to what was counted; one that was counted right gets a movement of 0 units.

    What is reserved stays reserved: orders were promised it. All counts are booked, or none.

    Raises:
        BookingRefused: names every count below what is reserved, and every sku that is not known.
    """
    levels = StockItem.objects.lock([count.sku for count in counts])
    unknown = [
        RefusedBooking(index, count.sku, "sku", f"there is no stock item {count.sku}")
        for index, count in enumerate(counts)
        if count.sku not in levels
    ]
    known = [(index, count) for index, count in enumerate(counts) if count.sku in levels]
    try:
        movements = change_on_hand([count for _, count in known], levels)
    except BookingRefused as refused:
        moved = [replace(one, index=known[one.index][0]) for one in refused.refused]
        raise refusal(sorted([*unknown, *moved], key=lambda one: one.index)) from None
    if unknown:
        raise refusal(unknown)
    return movements


@transaction.atomic
def set_on_hand(*, levels: Mapping[str, int], note: str = "", actor: str = "") -> int:
    """Bring the units on hand of many skus, all well formed, to the given numbers; how many skus that changed.

    A sku without a stock item gets one. All are changed, or none.

    Raises:
        OnHandRefused: names every sku that can't have the given number.
    """
    create_missing(levels)
    current = StockItem.objects.lock(levels)
    changes = {sku: on_hand - current[sku].on_hand for sku, on_hand in levels.items()}
    bookings = [
        Booking(sku=sku, kind=Kind.ADJUSTMENT, change=change, reason=Reason.CORRECTION, note=note, actor=actor)
        for sku, change in changes.items()
        if change
    ]
    return len(change_on_hand(bookings, current))


@transaction.atomic
def set_reorder_point(*, sku: str, reorder_point: int) -> StockItem:
    """Say at how many available units it is time to order more. What is low by this, and was not, is announced.

    Raises:
        UnknownSku: there is no stock item.
    """
    levels = StockItem.objects.lock([sku])
    if sku not in levels:
        raise UnknownSku(sku)
    level = levels[sku]
    was_low = level.is_low
    level.reorder_point = reorder_point
    item = StockItem.objects.get(pk=sku)
    item.reorder_point = reorder_point
    item.save(update_fields=["reorder_point", "updated_at"])
    if level.is_low and not was_low:
        recording.record(low(sku, level))
    return item
