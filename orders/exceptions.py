"""What the orders app rejects, and why."""

from datetime import datetime

from common.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unavailable


class OrderRefused(Invalid):
    """An order asks for something that can't be."""

    title = "Order refused"
    detail = "The order asks for something that can't be: see errors."


class PriceNotAllowed(Forbidden, OrderRefused):
    """A client sets a price without the permission to."""

    title = "Price not allowed"
    detail = "Setting prices takes the permission orders.set_price."


class IllegalTransition(Conflict):
    """An order can't go from its state to the wished one."""

    title = "Not in this state"

    def __init__(self, current: str, to: str) -> None:
        super().__init__(f"an order that is {current} can't become {to}")
        self.current = current
        self.to = to


class OutcomeUnknown(Unavailable):
    """It is not known yet whether the order was stored. Ask again with the same Idempotency-Key."""

    retry_after = 2


class ProductExists(Conflict):
    """A product with this sku is in the catalogue already."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is a product {sku} already")
        self.sku = sku


class UnknownProduct(NotFound):
    """The catalogue has no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is no product {sku}")


class PriceInThePast(Invalid):
    """A price can't begin before it is set: orders have been placed at the one that held."""

    REASON = "is past: without it a price begins now, with it later"

    def __init__(self) -> None:
        super().__init__([FieldError("/valid_from", self.REASON)])


class PriceExists(Conflict):
    """Another price of the same product begins in the same list at the same time."""

    def __init__(self, sku: str, currency: str, valid_from: datetime) -> None:
        super().__init__(f"there is a price of {sku} in {currency} from {valid_from:%Y-%m-%dT%H:%M:%S.%fZ} already")


class OwnPriceNeeded(Invalid):
    """A product is always sold in its own currency."""

    def __init__(self, sku: str, currency: str) -> None:
        detail = f"must be a price: {currency} is the currency of {sku} itself, in which it is always sold"
        super().__init__([FieldError("/unit_price", detail)])
