"""Orders as JSON: what comes in, and what goes out."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.pagination import Page
from api.problems import Problem
from common.conversion import convert
from common.fields import Currency, Quantity, Text64, Text200
from common.parties import Party
from messaging.events import Trace
from orders.api.parties import PartyIn, as_party
from orders.events import OrderSnapshot, Shortage
from orders.history import ShipmentOut
from orders.intake.drafts import LineIn, LineRequest, OrderRequest
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from orders.selectors import LineStatus
from orders.transitions import Status

MAX_LINES = 2000
MAX_ORDERS = 500  # of one bulk request
MAX_BULK_LINES = 10_000  # of all its orders


class OrderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is ordered. Amounts are computed here, and the response has them.

    Attributes:
        customer_id: who buys, by your own number: customers need not be known here.
        lines: the same sku may be there more than once.
        currency: each product needs a price in it. Left out: that of the first line's product.
        reference: your own number of the order, by which it is found. It need not be new, and keeps no order from being
            placed twice: an Idempotency-Key does.
        allow_backorder: whether the order waits if it is short of stock, instead of being rejected as a whole.
        bill_to: who is billed; electronic invoices need it. Left out: the customer's id alone is on the invoice.
        ship_to: who gets the goods. Left out: whoever is billed.
    """

    customer_id: Text64
    lines: Annotated[
        list[LineIn], msgspec.Meta(min_length=1, max_length=MAX_LINES, description=f"a list of 1 to {MAX_LINES} lines")
    ]
    currency: Currency | None = None
    reference: Text64 | None = None
    allow_backorder: bool = False
    bill_to: PartyIn | None = None
    ship_to: PartyIn | None = None


class BulkIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The orders are looked at one by one: a wrong one does not refuse the others."""

    orders: Annotated[
        list[Any],
        msgspec.Meta(
            min_length=1,
            max_length=MAX_ORDERS,
            description=f"a list of 1 to {MAX_ORDERS} orders",
            extra_json_schema={"items": {"$ref": "#/components/schemas/OrderIn"}},
        ),
    ]


class CancelIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Text200


class ShipmentLineIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line_no: Annotated[int, msgspec.Meta(ge=1, le=MAX_LINES, description=f"a whole number from 1 to {MAX_LINES}")]
    quantity: Quantity


class FulfilIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shipment.

    Attributes:
        lines: each `line_no` once. Left out: all that is left is sent.
        tracking: as the carrier has it.
    """

    lines: (
        Annotated[
            list[ShipmentLineIn],
            msgspec.Meta(min_length=1, max_length=MAX_LINES, description=f"a list of 1 to {MAX_LINES} lines"),
        ]
        | None
    ) = None
    tracking: Text200 | None = None

    def wanted(self) -> list[WantedLine] | None:
        return None if self.lines is None else [WantedLine(line.line_no, line.quantity) for line in self.lines]


StatusText = Annotated[str, msgspec.Meta(extra_json_schema={"enum": Status.values})]


class Rejection(msgspec.Struct, frozen=True):
    """Why nothing of an order will be sent or billed.

    Attributes:
        reason: `insufficient_stock`, or `backorder_expired` if it waited for too long.
    """

    reason: str
    shortages: list[Shortage]


class Backorder(msgspec.Struct, frozen=True):
    """That an order waits for stock.

    Attributes:
        position: 1 if no other order waits for any of its skus before it; told of one order, null in lists.
        shortages: what was short when it began to wait.
    """

    position: int | None
    shortages: list[Shortage]


class Cancellation(msgspec.Struct, frozen=True):
    reason: str
    at: datetime


class OrderOut(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is now.

    Attributes:
        status: `placed` until its stock was looked at, which takes moments. Then `confirmed`: all of it is held, and is
            billed; `backordered`: it waits; or `rejected`. `partly_fulfilled` and `fulfilled`: sent. `cancelled`:
            nothing was sent, and nothing will be.
        net: the sum of the lines' `net`.
        tax: computed once for all lines of one rate and category, on the sum of their `net`, and rounded half up.
        total: `net` and `tax`.
        invoice_number: null until it is billed, moments after it was confirmed.
        credit_notes: their numbers.
    """

    id: UUID
    url: str
    reference: str | None
    customer_id: str
    status: StatusText
    currency: str
    lines: list[LineStatus]
    net: Decimal
    tax: Decimal
    total: Decimal
    placed_at: datetime
    invoice_number: str | None
    backorder: Backorder | None
    rejection: Rejection | None
    cancellation: Cancellation | None
    credit_notes: list[str]
    bill_to: Party | None
    ship_to: Party | None


class ShippedOrderOut(OrderOut, frozen=True, kw_only=True):
    """An order with what was sent of it."""

    shipments: list[ShipmentOut]


class OrderPage(Page[OrderOut], frozen=True, kw_only=True):
    """A page of orders."""


class BulkResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has become of the order at `index` of the request: the order, or what is wrong with it."""

    index: int
    status: int
    order: OrderOut | None = None
    problem: Problem | None = None


class BulkOut(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    refused: int
    results: list[BulkResult]


_CONVERTED = ("lines", "reference", "bill_to", "ship_to")
# Where a field is asked for, kept and shown under one name, that name is all there is to it.
_REQUESTED = tuple(name for name in OrderIn.__struct_fields__ if name not in _CONVERTED)
_SHOWN = tuple(name for name in OrderOut.__struct_fields__ if name in OrderSnapshot.__struct_fields__)


def as_request(order: OrderIn, *, client_id: int, trace: Trace) -> OrderRequest:
    return OrderRequest(
        client_id=client_id,
        trace=trace,
        lines=[LineRequest(**msgspec.structs.asdict(line)) for line in order.lines],
        reference=order.reference or "",
        bill_to=as_party(order.bill_to),
        ship_to=as_party(order.ship_to),
        **{name: getattr(order, name) for name in _REQUESTED},
    )


def placed_out(order: OrderSnapshot, url: str) -> OrderOut:
    """An order as its client sees it when it has just been placed."""
    lines = [LineStatus(**msgspec.structs.asdict(line)) for line in order.lines]
    return OrderOut(**_shown(order, lines, url), **_JUST_PLACED)


def order_out(
    order: Order, snapshot: OrderSnapshot, lines: list[LineStatus], url: str, *, position: int | None = None
) -> OrderOut:
    """An order as clients see it now; `position` is its place among those that wait for stock."""
    return OrderOut(**_shown(snapshot, lines, url), **_state_of(order, position))


def shipped_out(
    order: Order, snapshot: OrderSnapshot, lines: list[LineStatus], url: str, shipments: list[ShipmentOut]
) -> ShippedOrderOut:
    """The same with what was sent of it."""
    return ShippedOrderOut(**_shown(snapshot, lines, url), **_state_of(order), shipments=shipments)


_JUST_PLACED: Mapping[str, Any] = {
    "status": Status.PLACED.value,
    "invoice_number": None,
    "backorder": None,
    "rejection": None,
    "cancellation": None,
    "credit_notes": [],
}


def _backorder_of(order: Order, position: int | None) -> Backorder | None:
    if order.status != Status.BACKORDERED:
        return None
    return Backorder(position, convert(order.shortages, list[Shortage]))


def _state_of(order: Order, position: int | None = None) -> dict[str, Any]:
    return {
        "status": order.status,
        "invoice_number": order.invoice_number or None,
        "backorder": _backorder_of(order, position),
        "rejection": convert(order.rejection, Rejection | None),
        "cancellation": convert(order.cancellation, Cancellation | None),
        "credit_notes": order.credit_notes,
    }


def _shown(order: OrderSnapshot, lines: list[LineStatus], url: str) -> dict[str, Any]:
    shown = {name: getattr(order, name) for name in _SHOWN}
    return shown | {"id": order.order_id, "url": url, "reference": order.reference or None, "lines": lines}
