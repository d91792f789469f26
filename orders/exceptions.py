"""What the orders app rejects, and why."""

from collections.abc import Sequence
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


class UnknownOrder(NotFound):
    """There is no such order."""

    def __init__(self, order_id: object) -> None:
        super().__init__(f"There is no order {order_id}.")


class OrderNotCancellable(Conflict):
    """An order is at its end: nothing of it is open that could be cancelled."""

    title = "Order can't be cancelled"

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}: it can't be cancelled.")
        self.status = status


class OrderNotFulfillable(Conflict):
    """An order has no goods to send: it is not confirmed yet, or at its end."""

    title = "Order can't be fulfilled"

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}: it can't be fulfilled.")
        self.status = status


class LinesRefused(Invalid):
    """A shipment names lines or quantities that its order does not have."""


class QuantityNotOpen(Conflict):
    """A shipment would take more of an order's lines than is open: the rest was sent, cancelled or credited."""

    title = "Quantity not open"

    def __init__(
        self, errors: Sequence[FieldError], detail: str = "More would be sent than is open: see errors."
    ) -> None:
        super().__init__(detail)
        self.errors = errors


class TooManyShipments(Conflict):
    """An order was sent in so many parts that what is left has to be sent together."""

    title = "Too many shipments"


class OutcomeUnknown(Unavailable):
    """It is not known yet whether the order was stored. Ask again with the same Idempotency-Key."""

    retry_after = 2


class ProductRefused(Invalid):
    """A product contradicts itself."""

    title = "Product refused"


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


class UnknownPrice(NotFound):
    """The product has no such price."""


class PriceHolds(Conflict):
    """A price has begun, or begins within seconds: orders are placed at it."""

    title = "Price holds"

    def __init__(self, valid_from: datetime) -> None:
        super().__init__(
            f"The price begins at {valid_from:%Y-%m-%dT%H:%M:%S.%fZ}: it holds, or will before all know that it does "
            "not. Set another one, from now on or from later."
        )


class PriceWithdrawn(Conflict):
    """The price was withdrawn before."""
