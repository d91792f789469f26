"""The errors of commands."""

from common.errors import NotFound


class UnknownOrders(NotFound):
    """There are no such orders."""
