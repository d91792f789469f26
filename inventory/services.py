"""Changing stock by hand: bookings, stock-takes, reorder points. What orders do to stock is in reservations.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from inventory.allocation import Level
from inventory.announcements import low
from inventory.bookings import Booking, booked_documents, change_on_hand, create_missing, named_before, refusal
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


@transaction.atomic
def take_stock(*, counts: Sequence[Booking]) -> list[StockMovement]:
    """Bring skus, each named once, to what was counted; one that was counted right gets a movement of 0 units.

    What is reserved stays reserved: orders were promised it. All counts are booked, or none.

    Raises:
        BookingRefused: names every count below what is reserved, and every sku that is not known.
    """
    levels = StockItem.objects.lock([count.sku for count in counts])
    return _book_known(dict(enumerate(counts)), levels, [])


@transaction.atomic
def book_documents(*, bookings: Sequence[Booking]) -> list[StockMovement]:
    """Book the lines of documents; without those that were booked before, so that it is safe to repeat. All, or none.

    A receipt makes a stock item of a sku that had none. Each booking has a document, which names a sku once.

    Raises:
        BookingRefused: names every line that can't be booked, or was booked before with other values.
    """
    create_missing(booking.sku for booking in bookings if booking.kind == Kind.RECEIPT)
    levels = StockItem.objects.lock({booking.sku for booking in bookings})
    booked = booked_documents(bookings)
    new: dict[int, Booking] = {}
    refused: list[RefusedBooking] = []
    for index, booking in enumerate(bookings):
        movement = booked.get(booking.document_key)
        if movement is None:
            new[index] = booking
        elif not booking.is_booked_as(movement):
            detail = f"{named_before(booking, movement)}, with other values"
            refused.append(RefusedBooking(index, booking.sku, "document", detail))
    return _book_known(new, levels, refused)


def _book_known(
    bookings: Mapping[int, Booking], levels: Mapping[str, Level], refused: Sequence[RefusedBooking]
) -> list[StockMovement]:
    """Book what is not `refused`, by its index; of skus without a stock item there is nothing to book."""
    known = {index: booking for index, booking in bookings.items() if booking.sku in levels}
    unknown = [
        RefusedBooking(index, booking.sku, "sku", f"there is no stock item {booking.sku}")
        for index, booking in bookings.items()
        if booking.sku not in levels
    ]
    refused = [*refused, *unknown]
    indices = list(known)
    try:
        movements = change_on_hand(list(known.values()), levels)
    except BookingRefused as error:
        refused += (replace(one, index=indices[one.index]) for one in error.refused)
    if refused:
        raise refusal(sorted(refused, key=lambda one: one.index))
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
