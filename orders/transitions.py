"""The states of an order and the steps between them: the only place that knows."""

from collections.abc import Mapping

from django.db.models import TextChoices

from orders.exceptions import IllegalTransition


class Status(TextChoices):
    PLACED = "placed"
    BACKORDERED = "backordered"
    CONFIRMED = "confirmed"
    PARTLY_FULFILLED = "partly_fulfilled"
    FULFILLED = "fulfilled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


FIRST = Status.PLACED
TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PLACED: frozenset({Status.BACKORDERED, Status.CONFIRMED, Status.REJECTED, Status.CANCELLED}),
    Status.BACKORDERED: frozenset({Status.CONFIRMED, Status.REJECTED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.PARTLY_FULFILLED, Status.FULFILLED, Status.CANCELLED}),
    Status.PARTLY_FULFILLED: frozenset({Status.PARTLY_FULFILLED, Status.FULFILLED}),
    Status.FULFILLED: frozenset(),
    Status.REJECTED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def allowed(current: Status, to: Status) -> bool:
    return to in TRANSITIONS[current]


def sources_of(to: Status) -> frozenset[Status]:
    """The states from which an order may reach `to`."""
    return frozenset(status for status, targets in TRANSITIONS.items() if to in targets)


def after_cancelling(current: Status) -> Status:
    """What an order becomes when what is open of it is cancelled; whether it may, `allowed` says.

    `cancelled` means that nothing ever left the house. Of an order of which something did, nothing is to come now.
    """
    return Status.FULFILLED if current == Status.PARTLY_FULFILLED else Status.CANCELLED


def after_shipping(*, anything_left: bool) -> Status:
    """What an order becomes by a shipment; whether it may, `allowed` says."""
    return Status.PARTLY_FULFILLED if anything_left else Status.FULFILLED


def since(status: Status) -> frozenset[Status]:
    """`status`, and the states that no order reaches in another way than through it.

    One that is cancelled may have been confirmed before, or not: its row says from which state it was cancelled.
    """
    return frozenset(Status) - _reached_without(status) if status != FIRST else frozenset(Status)


def _reached_without(status: Status) -> frozenset[Status]:
    reached, new = frozenset[Status](), frozenset({FIRST})
    while new:
        reached, new = reached | new, frozenset().union(*(TRANSITIONS[each] for each in new)) - reached - {status}
    return reached


def check(current: Status, to: Status) -> None:
    """Raises:
    IllegalTransition: an order that is `current` can't become `to`.
    """
    if not allowed(current, to):
        raise IllegalTransition(current, to)
