"""The events of inventory: those published here, and this app's view of those it reads."""

from typing import Annotated
from uuid import UUID

import msgspec

from messaging.events import Event

# Reasons of a rejection. `orders/admin_next_step.py` puts them into words for people.
INSUFFICIENT_STOCK = "insufficient_stock"
BACKORDER_EXPIRED = "backorder_expired"


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    asked: int
    available: int


class OrderedLine(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=1)]


# --- published -------------------------------------------------------------------------------------------------------


class StockReserved(Event, frozen=True, kw_only=True):
    """All that the order asks for is held for it; `lines` has each sku once."""

    TYPE = "stock.reserved.v1"
    TOPIC = "inventory"

    lines: list[OrderedLine]


class StockRejected(Event, frozen=True, kw_only=True):
    """Nothing is held for the order: `shortages` names every sku that was short."""

    TYPE = "stock.rejected.v1"
    TOPIC = "inventory"

    reason: str
    shortages: list[Shortage]


class StockBackordered(Event, frozen=True, kw_only=True):
    """Nothing is held for the order yet: it waits for its turn. `shortages` names every sku that was short."""

    TYPE = "stock.backordered.v1"
    TOPIC = "inventory"

    shortages: list[Shortage]


class StockReplenished(Event, frozen=True, kw_only=True):
    """Orders wait for these skus, and there is more for them than before. The order is the first that waits.

    The inventory's word to itself, on a topic of its own: whoever brings stock need not serve thousands of orders.
    """

    TYPE = "stock.replenished.v1"
    TOPIC = "backorders"

    skus: list[str]


class StockLow(Event, frozen=True, kw_only=True):
    """What is available of a sku has just fallen to its `reorder_point` or below.

    By this order or, where there is none, by an adjustment, a stock-take or a new reorder point.

    Once for each time that it falls there; 0, the default, announces that nothing is left. Levels as they are by then.
    """

    TYPE = "stock.low.v1"
    TOPIC = "inventory"

    order_id: UUID | None = None  # type: ignore[assignment] # the one type that may be about no order
    sku: str
    on_hand: int
    reserved: int
    reorder_point: int

    @property
    def key(self) -> str:
        return str(self.order_id) if self.order_id else self.sku


# --- read ------------------------------------------------------------------------------------------------------------


class OrderPlaced(Event, frozen=True, kw_only=True):
    TYPE = "order.placed.v1"
    TOPIC = "orders"

    lines: Annotated[list[OrderedLine], msgspec.Meta(min_length=1)]
    allow_backorder: bool = False


class OrderCancelled(Event, frozen=True, kw_only=True):
    """`lines` has what was open of the order, and is not any more."""

    TYPE = "order.cancelled.v1"
    TOPIC = "orders"

    lines: list[OrderedLine]


class OrderShipped(Event, frozen=True, kw_only=True):
    """A shipment, which is one of a part or the last one: they are handled alike."""

    TOPIC = "orders"

    shipment: str  # its number
    lines: Annotated[list[OrderedLine], msgspec.Meta(min_length=1)]

    @property
    def record_id(self) -> str:
        return self.shipment


class OrderPartlyFulfilled(OrderShipped, frozen=True, kw_only=True):
    TYPE = "order.partly_fulfilled.v1"


class OrderFulfilled(OrderShipped, frozen=True, kw_only=True):
    TYPE = "order.fulfilled.v1"


class CreditNoteIssued(Event, frozen=True, kw_only=True):
    """`restock`: the goods of `lines` are back."""

    TYPE = "credit_note.issued.v1"
    TOPIC = "invoicing"

    number: str
    restock: bool
    lines: list[OrderedLine]

    @property
    def record_id(self) -> str:
        return self.number
