"""What the orders app refuses, and why. api/ of this app maps each to a problem type."""


class OrdersError(Exception):
    """Base of what the orders app refuses."""


class IllegalTransition(OrdersError):
    """An order can't go from its state to the wished one."""

    def __init__(self, current: str, to: str) -> None:
        super().__init__(f"an order that is {current} can't become {to}")
        self.current = current
        self.to = to
