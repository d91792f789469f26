"""What the inventory rejects, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.errors import Conflict, FieldError, NotFound


class UnknownSku(NotFound):
    """There is no stock item of this sku."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is no stock item {sku}")
        self.sku = sku


@dataclass(frozen=True, slots=True)
class RefusedBooking:
    """Why one of several bookings, the one at `index`, is rejected; `field` is the field at fault."""

    index: int
    sku: str
    field: str
    detail: str

    def __str__(self) -> str:
        return self.detail


class BookingRefused(Conflict):
    """Some bookings do not go with what is there, so none was booked: errors says which, and why."""

    title = "Booking refused"

    def __init__(self, refused: Sequence[RefusedBooking], *, pointer: str = "/{field}") -> None:
        super().__init__("; ".join(map(str, refused)))
        self.refused = refused
        self.errors = [FieldError(pointer.format(index=one.index, field=one.field), one.detail) for one in refused]


class OnHandRefused(BookingRefused):
    """Units on hand would fall below those that are reserved, or rise beyond what can be counted."""

    title = "Units on hand refused"


class NotHeld(Conflict):
    """More of a sku was sent than is held for the order: an event of the order that came before was discarded."""

    def __init__(self, order_id: UUID, shipment: str, sku: str) -> None:
        super().__init__(f"shipment {shipment} of order {order_id}: less of {sku} is held for it")
