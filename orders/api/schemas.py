"""Orders as JSON: what comes in, and what goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.problems import Problem
from common.conversion import convert
from common.fields import Currency, Quantity, Sku, Text64, UnitPrice
from orders.events import Line, Shortage
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.models import Order
from orders.selectors import unit_of
from orders.totals import round_amount
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


def as_request(order: OrderIn, *, client_id: int, trace: Any) -> OrderRequest:
    return OrderRequest(
        client_id=client_id,
        customer_id=order.customer_id,
        lines=[LineRequest(line.sku, line.quantity, line.unit_price) for line in order.lines],
        currency=order.currency,
        reference=order.reference or "",
        allow_backorder=order.allow_backorder,
        trace=trace,
    )


def draft_out(draft: Draft, url: str) -> OrderOut:
    """An order as it will be when it is stored: its first answer."""
    return OrderOut(
        id=draft.id,
        url=url,
        reference=draft.request.reference or None,
        customer_id=draft.request.customer_id,
        status=Status.PLACED.value,
        currency=draft.currency,
        lines=draft.lines,
        net=draft.totals.net,
        tax=draft.totals.tax,
        total=draft.totals.total,
        placed_at=draft.placed_at,
        invoice_number=None,
        rejection=None,
    )


def order_out(order: Order, lines: list[Line], url: str) -> OrderOut:
    unit = unit_of(order)
    return OrderOut(
        id=order.pk,
        url=url,
        reference=order.reference or None,
        customer_id=order.customer_id,
        status=order.status,
        currency=order.currency,
        lines=lines,
        net=round_amount(order.net, unit),
        tax=round_amount(order.tax, unit),
        total=round_amount(order.total, unit),
        placed_at=order.placed_at,
        invoice_number=order.invoice_number or None,
        rejection=convert(order.rejection, Rejection | None),
    )
