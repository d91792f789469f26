"""What operators ask for in vain."""

from common.errors import NotFound


class UnknownOrders(NotFound):
    """There are no such orders."""
