"""The states of an order and the steps between them: the only place that knows."""

from collections.abc import Mapping

from django.db.models import TextChoices

from orders.exceptions import IllegalTransition


class Status(TextChoices):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PLACED: frozenset({Status.CONFIRMED, Status.REJECTED}),
    Status.CONFIRMED: frozenset(),
    Status.REJECTED: frozenset(),
}


def allowed(current: Status, to: Status) -> bool:
    return to in TRANSITIONS[current]


def sources_of(to: Status) -> frozenset[Status]:
    """The states from which an order may reach `to`."""
    return frozenset(status for status, targets in TRANSITIONS.items() if to in targets)


def since(status: Status) -> frozenset[Status]:
    """`status`, and the states that an order which has been there may have reached since."""
    reached, new = frozenset[Status](), frozenset({status})
    while new:
        reached, new = reached | new, frozenset().union(*(TRANSITIONS[each] for each in new)) - reached
    return reached


def check(current: Status, to: Status) -> None:
    """Raises:
    IllegalTransition: an order that is `current` can't become `to`.
    """
    if not allowed(current, to):
        raise IllegalTransition(current, to)
