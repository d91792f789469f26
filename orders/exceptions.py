"""What the orders app refuses, and why. orders/api/problems.py maps each to an HTTP problem."""

from collections.abc import Sequence
from dataclasses import dataclass


class OrdersError(Exception):
    """Base of what the orders app refuses."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an order, and where: `pointer` is a JSON pointer (RFC 6901) into the order as it was sent."""

    pointer: str
    detail: str


class OrderRefused(OrdersError):
    """An order asks for something that can't be."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems))
        self.problems = problems


class PriceNotAllowed(OrderRefused):
    """A client sets a price without the permission to."""


class IllegalTransition(OrdersError):
    """An order can't go from its state to the wished one."""

    def __init__(self, current: str, to: str) -> None:
        super().__init__(f"an order that is {current} can't become {to}")
        self.current = current
        self.to = to


class IntakeOverloaded(OrdersError):
    """More orders wait to be stored than there is room for. This one was not stored: try again shortly."""


class IntakeTimeout(OrdersError):
    """It is not known yet whether the order was stored. Ask again with the same Idempotency-Key."""


class ProductExists(OrdersError):
    """A product with this sku is in the catalogue already."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is a product {sku} already")
        self.sku = sku


class UnknownProduct(OrdersError):
    """The catalogue has no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is no product {sku}")
