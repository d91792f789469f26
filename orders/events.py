"""The events of orders: those published here, and this app's view of those it reads."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

import msgspec

from common.parties import Party
from messaging.events import Event
from orders.totals import TaxAmount


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its snapshots: `unit_price` and `net` in the order's currency, `tax_rate` a fraction.

    `unit_code` is of UN/ECE Rec 20. Lines of before have no `tax_category`: it is S, or Z at a rate of 0.
    """

    line_no: int
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal
    unit_code: str = "C62"
    tax_category: str = ""


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    asked: int
    available: int


class LineQuantity(msgspec.Struct, frozen=True, kw_only=True):
    """Some units of a line of the order."""

    line_no: int
    sku: str
    quantity: int


# --- published -------------------------------------------------------------------------------------------------------


class OrderSnapshot(Event, frozen=True, kw_only=True):
    """An order as it was accepted: its events carry this, its row keeps it, its answers show it."""

    # A new field of orders begins here. docs/architecture.md says where else it has to be named.
    TOPIC = "orders"

    reference: str
    customer_id: str
    client_id: int
    currency: str
    lines: list[Line]
    taxes: list[TaxAmount]
    net: Decimal
    tax: Decimal
    total: Decimal
    placed_at: datetime
    allow_backorder: bool
    bill_to: Party | None = None
    ship_to: Party | None = None


# The fields that the row of an order has under the same names.
SNAPSHOT_COLUMNS = tuple(name for name in OrderSnapshot.__struct_fields__ if name not in ("order_id", "lines"))


class OrderPlaced(OrderSnapshot, frozen=True, kw_only=True):
    """The order was accepted, at these prices. Whether there is stock for it comes next."""

    TYPE = "order.placed.v1"


class OrderConfirmed(OrderSnapshot, frozen=True, kw_only=True):
    """All that the order asks for is held for it: it is billed, and may be sent. All of it is told again."""

    TYPE = "order.confirmed.v1"


class OrderStep(Event, frozen=True, kw_only=True):
    """What has become of an order, and whose it is; what the order asks for, its readers know or do not need."""

    TOPIC = "orders"

    reference: str
    customer_id: str
    client_id: int

    @classmethod
    def of(cls, order: Any, **facts: Any) -> Self:
        """The event of this type about the row of an order, with what the type says besides."""
        return cls(
            order_id=order.pk,
            reference=order.reference,
            customer_id=order.customer_id,
            client_id=order.client_id,
            **facts,
        )


class OrderRejected(OrderStep, frozen=True, kw_only=True):
    TYPE = "order.rejected.v1"

    reason: str
    shortages: list[Shortage]


class OrderBackordered(OrderStep, frozen=True, kw_only=True):
    """The order waits for stock: `shortages` names every sku that was short when it began to wait."""

    TYPE = "order.backordered.v1"

    shortages: list[Shortage]


class OrderCancelled(OrderStep, frozen=True, kw_only=True):
    """What was open of the order is not any more: `lines` has these quantities. An order is cancelled once at most."""

    TYPE = "order.cancelled.v1"

    reason: str
    lines: list[LineQuantity]


class OrderShipped(OrderStep, frozen=True, kw_only=True):
    """One shipment of the order; the type of the event says what the order is after it."""

    shipment: str  # its number
    tracking: str
    shipped_at: datetime
    lines: list[LineQuantity]

    @property
    def record_id(self) -> str:
        return self.shipment


class OrderPartlyFulfilled(OrderShipped, frozen=True, kw_only=True):
    TYPE = "order.partly_fulfilled.v1"


class OrderFulfilled(OrderShipped, frozen=True, kw_only=True):
    TYPE = "order.fulfilled.v1"


# --- read ------------------------------------------------------------------------------------------------------------


class StockReserved(Event, frozen=True, kw_only=True):
    TYPE = "stock.reserved.v1"
    TOPIC = "inventory"


class StockBackordered(Event, frozen=True, kw_only=True):
    TYPE = "stock.backordered.v1"
    TOPIC = "inventory"

    shortages: list[Shortage]


class StockRejected(Event, frozen=True, kw_only=True):
    TYPE = "stock.rejected.v1"
    TOPIC = "inventory"

    reason: str
    shortages: list[Shortage]


class InvoiceIssued(Event, frozen=True, kw_only=True):
    TYPE = "invoice.issued.v1"
    TOPIC = "invoicing"

    number: str


class CreditNoteIssued(Event, frozen=True, kw_only=True):
    TYPE = "credit_note.issued.v1"
    TOPIC = "invoicing"

    number: str

    @property
    def record_id(self) -> str:
        return self.number
