"""Orders as JSON: what comes in, and what goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.problems import Problem
from common.conversion import convert
from common.fields import Currency, Quantity, Sku, Text64, UnitPrice
from messaging.events import Trace
from orders.events import Line, OrderSnapshot, Shortage
from orders.intake.drafts import LineRequest, OrderRequest
from orders.transitions import Status

MAX_LINES = 2000
MAX_ORDERS = 500  # of one bulk request
MAX_BULK_LINES = 10_000  # of all its orders


class LineIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sku: Sku
    quantity: Quantity
    unit_price: UnitPrice | None = None


class OrderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    customer_id: Text64
    lines: Annotated[
        list[LineIn], msgspec.Meta(min_length=1, max_length=MAX_LINES, description=f"a list of 1 to {MAX_LINES} lines")
    ]
    currency: Currency | None = None
    reference: Text64 | None = None
    allow_backorder: bool = False


class BulkIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The orders are looked at one by one: a wrong one does not refuse the others."""

    orders: Annotated[
        list[Any], msgspec.Meta(min_length=1, max_length=MAX_ORDERS, description=f"a list of 1 to {MAX_ORDERS} orders")
    ]


class Rejection(msgspec.Struct, frozen=True):
    reason: str
    shortages: list[Shortage]


class OrderOut(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    url: str
    reference: str | None
    customer_id: str
    status: str
    currency: str
    lines: list[Line]
    net: Decimal
    tax: Decimal
    total: Decimal
    placed_at: datetime
    invoice_number: str | None
    rejection: Rejection | None


class BulkResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    index: int
    status: int
    order: OrderOut | None = None
    problem: Problem | None = None


class BulkOut(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    refused: int
    results: list[BulkResult]


# Where a field is asked for, kept and shown under one name, that name is all there is to it.
_REQUESTED = tuple(name for name in OrderIn.__struct_fields__ if name not in ("lines", "reference"))
_SHOWN = tuple(name for name in OrderOut.__struct_fields__ if name in OrderSnapshot.__struct_fields__)


def as_request(order: OrderIn, *, client_id: int, trace: Trace) -> OrderRequest:
    return OrderRequest(
        client_id=client_id,
        trace=trace,
        lines=[LineRequest(line.sku, line.quantity, line.unit_price) for line in order.lines],
        reference=order.reference or "",
        **{name: getattr(order, name) for name in _REQUESTED},
    )


def order_out(
    order: OrderSnapshot, url: str, *, status: str = Status.PLACED, invoice_number: str = "", rejection: Any = None
) -> OrderOut:
    """An order as clients see it; by default as it is when it has just been placed."""
    shown = {name: getattr(order, name) for name in _SHOWN} | {"reference": order.reference or None}
    return OrderOut(
        id=order.order_id,
        url=url,
        status=str(status),
        invoice_number=invoice_number or None,
        rejection=convert(rejection, Rejection | None),
        **shown,
    )
