"""The events of inventory: those published here, and this app's view of those it reads."""

import msgspec

from messaging.events import Event


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    asked: int
    available: int


class OrderedLine(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int


# --- published -------------------------------------------------------------------------------------------------------


class StockReserved(Event, frozen=True, kw_only=True):
    """Every line of the order is held for it."""

    TYPE = "stock.reserved.v1"
    TOPIC = "inventory"

    lines: list[OrderedLine]


class StockRejected(Event, frozen=True, kw_only=True):
    """Nothing is held for the order: `shortages` names every sku that was short."""

    TYPE = "stock.rejected.v1"
    TOPIC = "inventory"

    reason: str
    shortages: list[Shortage]


class StockLow(Event, frozen=True, kw_only=True):
    """What is available of a sku has just fallen to its threshold `low_at` or below, by this order."""

    TYPE = "stock.low.v1"
    TOPIC = "inventory"

    sku: str
    on_hand: int
    reserved: int
    low_at: int


# --- read ------------------------------------------------------------------------------------------------------------


class OrderPlaced(Event, frozen=True, kw_only=True):
    TYPE = "order.placed.v1"
    TOPIC = "orders"

    lines: list[OrderedLine]
