"""Stock that a test needs."""

from inventory.bookings import Booking
from inventory.models import Kind, Reason, StockMovement
from inventory.services import book


def book_movement(*, sku: str, kind: Kind, quantity: int, note: str = "", actor: str = "") -> StockMovement:
    """Book a receipt or a correction, of which no more is known."""
    reason = Reason.CORRECTION if kind == Kind.ADJUSTMENT else ""
    return book(booking=Booking(sku=sku, kind=Kind(kind), change=quantity, reason=reason, note=note, actor=actor))
