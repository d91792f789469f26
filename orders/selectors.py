"""Reading orders: whole ones as events and answers, and what happened to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from common.conversion import convert
from orders.events import Line, OrderConfirmed, OrderPlaced, OrderRejected, Shortage
from orders.models import Order, OrderLine
from orders.totals import TaxAmount, round_amount, smallest_unit, strip_trailing_zeros
from orders.transitions import Status, since

WholeOrder = TypeVar("WholeOrder", OrderPlaced, OrderConfirmed)

_LINE = ("line_no", "sku", "name", "quantity", "unit_price", "tax_rate", "net")


class _OrderRow(NamedTuple):
    """What events say of an order, from a query that joins it to its lines."""

    pk: UUID
    reference: str
    customer_id: str
    client_id: int
    currency: str
    taxes: list[dict[str, str]]
    net: Decimal
    tax: Decimal
    total: Decimal
    placed_at: datetime
    allow_backorder: bool


_ORDER = tuple(f"order__{name}" for name in _OrderRow._fields)


class TimelineItem(msgspec.Struct, frozen=True):
    at: datetime
    event: str
    detail: dict[str, Any]


def whole_orders(orders: Collection[Order], *, as_event: type[WholeOrder]) -> Iterable[WholeOrder]:
    """Events that carry orders with all that their readers need; one query for all lines."""
    lines = lines_of(orders)
    return (_whole_order(order, lines[order.pk], as_event) for order in orders)


def recorded_as_placed(order_ids: Collection[UUID]) -> Mapping[UUID, OrderPlaced]:
    """What `order.placed` says of these orders, by one query; without those that there are not."""
    return _recorded(order_ids, OrderPlaced, since(Status.PLACED))


def recorded_as_confirmed(order_ids: Collection[UUID]) -> Mapping[UUID, OrderConfirmed]:
    """What `order.confirmed` says of these orders, by one query; without those that were never confirmed."""
    return _recorded(order_ids, OrderConfirmed, since(Status.CONFIRMED))


def recorded_as_rejected(order_ids: Collection[UUID]) -> Mapping[UUID, OrderRejected]:
    """What `order.rejected` says of these orders, by one query; without those that were not rejected."""
    orders = Order.objects.filter(pk__in=order_ids, status=Status.REJECTED).order_by("pk")
    return {order.pk: _rejected(order) for order in orders}


def lines_of(orders: Collection[Order]) -> dict[UUID, list[Line]]:
    """The lines of each order in the order in which they were sent, with amounts in the currency's decimals."""
    units = {order.pk: unit_of(order) for order in orders}
    rows = OrderLine.objects.filter(order_id__in=units).order_by("order_id", "line_no")
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for order_id, *line in rows.values_list("order_id", *_LINE):
        lines[order_id].append(_line(*line, unit=units[order_id]))
    return lines


def _recorded(
    order_ids: Collection[UUID], as_event: type[WholeOrder], states: Iterable[Status]
) -> dict[UUID, WholeOrder]:
    rows = OrderLine.objects.filter(order_id__in=order_ids, order__status__in=states).order_by("order_id", "line_no")
    recorded = {}
    for columns, lines in groupby(rows.values_list(*_ORDER, *_LINE), key=lambda row: row[: len(_ORDER)]):
        order = _OrderRow(*columns)
        unit = unit_of(order)
        recorded[order.pk] = _whole_order(order, [_line(*row[len(_ORDER) :], unit=unit) for row in lines], as_event)
    return recorded


def _whole_order(order: Order | _OrderRow, lines: list[Line], as_event: type[WholeOrder]) -> WholeOrder:
    unit = unit_of(order)
    return as_event(
        order_id=order.pk,
        reference=order.reference,
        customer_id=order.customer_id,
        client_id=order.client_id,
        currency=order.currency,
        lines=lines,
        taxes=convert(order.taxes, list[TaxAmount]),
        net=round_amount(order.net, unit),
        tax=round_amount(order.tax, unit),
        total=round_amount(order.total, unit),
        placed_at=order.placed_at,
        allow_backorder=order.allow_backorder,
    )


def _rejected(order: Order) -> OrderRejected:
    assert order.rejection is not None, "order_rejection_says_why"
    return OrderRejected(
        order_id=order.pk,
        reference=order.reference,
        customer_id=order.customer_id,
        client_id=order.client_id,
        reason=order.rejection["reason"],
        shortages=convert(order.rejection["shortages"], list[Shortage]),
    )


def _line(
    line_no: int,
    sku: str,
    name: str,
    quantity: int,
    unit_price: Decimal,
    tax_rate: Decimal,
    net: Decimal,
    *,
    unit: Decimal,
) -> Line:
    return Line(
        line_no=line_no,
        sku=sku,
        name=name,
        quantity=quantity,
        unit_price=strip_trailing_zeros(unit_price, unit),
        tax_rate=strip_trailing_zeros(tax_rate),
        net=round_amount(net, unit),
    )


def unit_of(order: Order | _OrderRow) -> Decimal:
    unit = smallest_unit(order.currency)
    assert unit is not None, f"order {order.pk} was accepted in {order.currency}"
    return unit


def visible_orders(user: Any) -> QuerySet[Order]:
    """The orders that a user may see: its own, or all with the permission to view orders."""
    if user.has_perm("orders.view_order"):
        return Order.objects.all()
    return Order.objects.filter(client_id=user.pk)


def timeline_of(order: Order) -> list[TimelineItem]:
    """What happened to an order, oldest first."""
    placed = TimelineItem(order.placed_at, OrderPlaced.TYPE, {})
    return [placed, *(TimelineItem(entry.at, entry.event, entry.detail) for entry in order.timeline.all())]
