"""The events of invoicing: those published here, and this app's view of those it reads."""

from datetime import datetime
from decimal import Decimal

import msgspec

from common.parties import Party
from messaging.events import Event


class Line(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal
    unit_code: str = "C62"
    tax_category: str = ""  # lines of before have none: S, or Z at a rate of 0


class Tax(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tax of all lines of one category and rate, with the reason for a category other than S and Z."""

    rate: Decimal
    net: Decimal
    tax: Decimal
    category: str = ""
    reason_code: str | None = None
    reason: str | None = None


# --- published -------------------------------------------------------------------------------------------------------


class DocumentIssued(Event, frozen=True, kw_only=True):
    """What is announced of an invoice and of a credit note alike."""

    TOPIC = "invoicing"

    number: str
    issued_at: datetime
    client_id: int
    customer_id: str
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal


class InvoiceIssued(DocumentIssued, frozen=True, kw_only=True):
    TYPE = "invoice.issued.v1"


class CreditedLine(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    sku: str
    quantity: int


class CreditNoteIssued(DocumentIssued, frozen=True, kw_only=True):
    """One credit note of an order, which may have several. `restock`: the units go back on hand."""

    TYPE = "credit_note.issued.v1"

    invoice_number: str
    reason: str
    restock: bool
    lines: list[CreditedLine]

    @property
    def record_id(self) -> str:
        return self.number


# --- read ------------------------------------------------------------------------------------------------------------


class OrderConfirmed(Event, frozen=True, kw_only=True):
    TYPE = "order.confirmed.v1"
    TOPIC = "orders"

    reference: str
    customer_id: str
    client_id: int
    currency: str
    lines: list[Line]
    taxes: list[Tax]
    net: Decimal
    tax: Decimal
    total: Decimal
    bill_to: Party | None = None
    ship_to: Party | None = None


class CancelledLine(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    quantity: int


class OrderCancelled(Event, frozen=True, kw_only=True):
    """What was cancelled of an order: all of it, or what was left of one that was sent in part. Once an order."""

    TYPE = "order.cancelled.v1"
    TOPIC = "orders"

    reason: str
    lines: list[CancelledLine]
