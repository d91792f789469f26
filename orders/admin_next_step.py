"""What an order waits for and why, in the words of who sends goods or writes invoices."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orders.models import Order
from orders.transitions import Status

_NAMED = 3


def what_next(order: Order) -> str:
    """Where an order stands: what it waits for, or how it came to its end."""
    return _WORDS[Status(order.status)](order)


def _short(shortages: Sequence[Mapping[str, Any]] | None) -> str:
    """3 of MUG, of which there were 0, and 2 more products."""
    shortages = shortages or []
    named = [f"{each['asked']} of {each['sku']} (there were {each['available']})" for each in shortages[:_NAMED]]
    return _in_a_row(named, of=len(shortages))


def _in_a_row(named: Sequence[str], *, of: int) -> str:
    """What is named, and of how many more it is the part."""
    more = of - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _backordered(order: Order) -> str:
    return f"waits for stock: {_short(order.shortages)}"


def _confirmed(order: Order) -> str:
    return f"to be sent{_credited(order)}" if order.invoice_number else "to be sent; its invoice is being made"


def _credited(order: Order) -> str:
    """What was credited before it was sent is not to be sent any more: the page for shipments says how much it is."""
    numbers = order.credit_notes[-_NAMED:]
    return f"; credited: {_in_a_row(numbers, of=len(order.credit_notes))}" if numbers else ""


def _fulfilled(order: Order) -> str:
    return f"sent in part; the rest was cancelled: {order.cancellation_reason}" if order.cancelled_at else "all is sent"


def _rejected(order: Order) -> str:
    assert order.rejection is not None, "order_rejection_says_why"
    reason, shortages = order.rejection["reason"], order.rejection["shortages"]
    words = _REJECTED.get(reason, reason)
    return f"{words}: {_short(shortages)}" if shortages else words


# By the reasons of inventory/events.py; one that only a later version knows is told as it is.
_REJECTED = {"insufficient_stock": "too little stock", "backorder_expired": "waited too long for stock"}

_WORDS: Mapping[Status, Callable[[Order], str]] = {
    Status.PLACED: lambda _: "its stock is to be reserved",
    Status.BACKORDERED: _backordered,
    Status.CONFIRMED: _confirmed,
    Status.PARTLY_FULFILLED: lambda order: f"the rest is to be sent{_credited(order)}",
    Status.FULFILLED: _fulfilled,
    Status.REJECTED: _rejected,
    Status.CANCELLED: lambda order: f"cancelled: {order.cancellation_reason}",
}
