"""The errors of commands."""

from common.errors import NotFound


class UnknownOrders(NotFound):
    """There are no such orders."""


class NoSuchOrder(NotFound):
    """No order has this id or reference, and no invoice or credit note this number."""
