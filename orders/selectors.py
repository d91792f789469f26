"""Reading orders: whole ones as events and answers, and what happened to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from api.conversion import convert
from orders.events import Line, OrderConfirmed, OrderPlaced
from orders.models import Order, OrderLine
from orders.totals import TaxAmount, round_amount, smallest_unit, tidy

WholeOrder = TypeVar("WholeOrder", OrderPlaced, OrderConfirmed)


class TimelineItem(msgspec.Struct, frozen=True):
    at: datetime
    event: str
    detail: dict[str, Any]


def whole_orders(orders: Collection[Order], *, as_event: type[WholeOrder]) -> Iterable[WholeOrder]:
    """Events that carry orders with all that their readers need; one query for all lines."""
    lines = lines_of(orders)
    for order in orders:
        unit = unit_of(order)
        yield as_event(
            order_id=order.pk,
            reference=order.reference,
            customer_id=order.customer_id,
            client_id=order.client_id,
            currency=order.currency,
            lines=lines[order.pk],
            taxes=convert(order.taxes, list[TaxAmount]),
            net=round_amount(order.net, unit),
            tax=round_amount(order.tax, unit),
            total=round_amount(order.total, unit),
            placed_at=order.placed_at,
            allow_backorder=order.allow_backorder,
        )


def lines_of(orders: Collection[Order]) -> dict[UUID, list[Line]]:
    """The lines of each order in the order in which they were sent, with amounts in the currency's decimals."""
    units = {order.pk: unit_of(order) for order in orders}
    rows = OrderLine.objects.filter(order_id__in=units).order_by("order_id", "line_no")
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for order_id, line_no, sku, name, quantity, unit_price, tax_rate, net in rows.values_list(
        "order_id", "line_no", "sku", "name", "quantity", "unit_price", "tax_rate", "net"
    ):
        unit = units[order_id]
        lines[order_id].append(
            Line(
                line_no=line_no,
                sku=sku,
                name=name,
                quantity=quantity,
                unit_price=tidy(unit_price, unit),
                tax_rate=tidy(tax_rate),
                net=round_amount(net, unit),
            )
        )
    return lines


def unit_of(order: Order) -> Decimal:
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
