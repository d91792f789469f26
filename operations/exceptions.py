"""What operators ask for in vain."""


class OperationsError(Exception):
    """Base of what is wrong with what an operator asks for."""


class UnknownOrders(OperationsError):
    """There are no such orders."""
