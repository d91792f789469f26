"""Reading orders: whole ones as events and answers, and what happened to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Count, QuerySet, Sum

from common.conversion import convert
from common.money import round_amount, smallest_unit
from common.parties import Party
from orders import statements
from orders.erased_references import erased_reference
from orders.events import (
    SNAPSHOT_COLUMNS,
    Line,
    OrderBackordered,
    OrderConfirmed,
    OrderPlaced,
    OrderRejected,
    OrderSnapshot,
    Shortage,
)
from orders.models import Order, OrderLine, ShipmentLine, TimelineEntry
from orders.totals import TaxAmount, strip_trailing_zeros
from orders.transitions import Status, since

WholeOrder = TypeVar("WholeOrder", bound=OrderSnapshot)
SomeLine = TypeVar("SomeLine", bound=Line)

_NEWEST = 200  # orders whose customers are offered to who places another

_PARTIES = ("bill_to", "ship_to")


class LineStatus(Line, frozen=True, kw_only=True):
    """A line, and how many units of it were sent or cancelled.

    Attributes:
        line_no: its place in the order, from 1 on.
        unit_price: without tax.
        net: `quantity` times `unit_price`, rounded half up to the decimals of the currency.
    """

    fulfilled_quantity: int = 0
    cancelled_quantity: int = 0


class OrderedLine(msgspec.Struct, frozen=True):
    sku: str
    quantity: int


class OrderedLines(msgspec.Struct, frozen=True):
    """An order as far as whoever keeps stock looks at it."""

    order_id: UUID
    lines: list[OrderedLine]
    allow_backorder: bool


_decode_ordered_lines = msgspec.json.Decoder(list[OrderedLine]).decode
_decode_lines = msgspec.json.Decoder(list[Line]).decode
_decode_party = msgspec.json.Decoder(Party).decode
_decode_taxes = msgspec.json.Decoder(list[TaxAmount]).decode


def whole_orders(
    orders: Collection[Order], lines: Mapping[UUID, Sequence[Line]], *, as_event: type[WholeOrder]
) -> Iterable[WholeOrder]:
    """Events that carry orders with all that their readers need; `lines` as of `lines_of`."""
    for order in orders:
        columns = {name: getattr(order, name) for name in SNAPSHOT_COLUMNS}
        columns["taxes"] = convert(order.taxes, list[TaxAmount])
        columns |= {name: convert(columns[name], Party) for name in _PARTIES if columns[name]}
        yield _whole_order(order.pk, columns, lines[order.pk], as_event)


def recorded_as_placed(order_ids: Collection[UUID]) -> Mapping[UUID, OrderPlaced]:
    """What `order.placed` says of these orders, by one query; without those that there are not."""
    return _recorded(order_ids, OrderPlaced, since(Status.PLACED))


def recorded_lines(order_ids: Collection[UUID]) -> Mapping[UUID, OrderedLines]:
    """What `order.placed` says of the lines of these orders, by one query; without those that there are not."""
    rows = statements.ordered_lines(order_ids)
    return {
        order_id: OrderedLines(order_id, _decode_ordered_lines(lines), allow_backorder)
        for order_id, lines, allow_backorder in rows
    }


def recorded_as_confirmed(order_ids: Collection[UUID]) -> Mapping[UUID, OrderConfirmed]:
    """What `order.confirmed` says of these orders, by one query; without those that were never confirmed."""
    return _recorded(order_ids, OrderConfirmed, since(Status.CONFIRMED))


def recorded_as_rejected(order_ids: Collection[UUID]) -> Mapping[UUID, OrderRejected]:
    """What `order.rejected` says of these orders, by one query; without those that were not rejected."""
    orders = Order.objects.filter(pk__in=order_ids, status=Status.REJECTED).order_by("pk")
    return {order.pk: rejected_event(order) for order in orders}


def recorded_as_backordered(order_ids: Collection[UUID]) -> Mapping[UUID, OrderBackordered]:
    """What `order.backordered` says of these orders, by one query; without those that never waited."""
    orders = Order.objects.filter(pk__in=order_ids, shortages__isnull=False).order_by("pk")
    return {order.pk: backordered_event(order) for order in orders}


def lines_of(orders: Collection[Order]) -> dict[UUID, list[LineStatus]]:
    """The lines of each order in the order in which they were sent, with amounts in the currency's decimals."""
    units = {order.pk: unit_of(order.currency) for order in orders}
    names = LineStatus.__struct_fields__
    rows = OrderLine.objects.filter(order_id__in=units).order_by("order_id", "line_no")
    lines: dict[UUID, list[LineStatus]] = defaultdict(list)
    for order_id, *columns in rows.values_list("order_id", *names):
        line = LineStatus(**dict(zip(names, columns, strict=True)))
        lines[order_id].append(_in_decimals_of(units[order_id], line))
    return lines


def _recorded(
    order_ids: Collection[UUID], as_event: type[WholeOrder], states: Iterable[Status]
) -> dict[UUID, WholeOrder]:
    return {order.order_id: order for order in _decoded(statements.recorded_orders(order_ids, states), as_event)}


def confirmed_events(rows: Iterable[Sequence[Any]]) -> list[OrderConfirmed]:
    """What `order.confirmed` says of orders, each a row of `statements.confirm`."""
    return list(_decoded(rows, OrderConfirmed))


def _decoded(rows: Iterable[Sequence[Any]], as_event: type[WholeOrder]) -> Iterable[WholeOrder]:
    for order_id, lines, *columns in rows:
        order = dict(zip(SNAPSHOT_COLUMNS, columns, strict=True))
        unit = unit_of(order["currency"])
        spelled = [_in_decimals_of(unit, line) for line in _decode_lines(lines)]
        order["taxes"] = _decode_taxes(order["taxes"])
        order |= {name: _decode_party(order[name]) for name in _PARTIES if order[name]}
        yield _whole_order(order_id, order, spelled, as_event)


def _whole_order(
    order_id: UUID, columns: dict[str, Any], lines: Sequence[Line], as_event: type[WholeOrder]
) -> WholeOrder:
    """An event made from the columns of a row, with amounts in the currency's decimals."""
    unit = unit_of(columns["currency"])
    columns |= {name: round_amount(columns[name], unit) for name in ("net", "tax", "total")}
    return as_event(order_id=order_id, lines=list(lines), **columns)


def rejected_event(order: Order) -> OrderRejected:
    """What `order.rejected` says of an order that was rejected."""
    assert order.rejection is not None, "order_rejection_says_why"
    shortages = convert(order.rejection["shortages"], list[Shortage])
    return OrderRejected.of(order, reason=order.rejection["reason"], shortages=shortages)


def backordered_event(order: Order) -> OrderBackordered:
    """What `order.backordered` says of an order that has waited."""
    return OrderBackordered.of(order, shortages=convert(order.shortages, list[Shortage]))


def _in_decimals_of(unit: Decimal, line: SomeLine) -> SomeLine:
    """The line with its amounts in the decimals of the currency whose smallest unit this is."""
    return msgspec.structs.replace(
        line,
        unit_price=strip_trailing_zeros(line.unit_price, unit),
        tax_rate=strip_trailing_zeros(line.tax_rate),
        net=round_amount(line.net, unit),
    )


def queue_position(order: Order) -> int | None:
    """The place of an order among those that wait for a sku that it waits for, from 1; None if it does not wait."""
    return statements.queue_position(order.pk) if order.status == Status.BACKORDERED else None


def recent_customers() -> list[str]:
    """The customers of the newest orders, by their ids."""
    newest = Order.objects.order_by("-placed_at", "-id").values_list("customer_id", flat=True)[:_NEWEST]
    return sorted(set(newest))


def unit_of(currency: str) -> Decimal:
    """The smallest unit of the currency of an order, which was accepted in it."""
    unit = smallest_unit(currency)
    assert unit is not None, f"an order was accepted in {currency}"
    return unit


def imported_references(references: Iterable[str]) -> set[str]:
    """The given references that were imported already, also where the customer was erased since."""
    names = {reference: {reference, erased_reference(reference)} for reference in references}
    imported = Order.objects.filter(source=Order.Source.IMPORT, reference__in=set().union(*names.values()))
    found = set(imported.values_list("reference", flat=True))
    return {reference for reference, either in names.items() if either & found}


def imported_sizes(references: Collection[str]) -> dict[str, tuple[int, int]]:
    """How many lines and units there are of each order that was imported with one of these references."""
    imported = Order.objects.filter(source=Order.Source.IMPORT, reference__in=references).order_by()
    sizes = imported.values_list("reference", Count("lines__line_no"), Sum("lines__quantity"))
    return {reference: (lines, units) for reference, lines, units in sizes}


def known_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """The given ids that are those of orders."""
    return set(Order.objects.filter(pk__in=order_ids).order_by().values_list("pk", flat=True))


def visible_orders(user: Any) -> QuerySet[Order]:
    """The orders that a user may see: its own, or all with the permission to view orders."""
    if user.has_perm("orders.view_order"):
        return Order.objects.all()
    return Order.objects.filter(client_id=user.pk)


def visible_steps(user: Any) -> QuerySet[TimelineEntry]:
    """The timeline entries of those orders."""
    if user.has_perm("orders.view_order"):
        return TimelineEntry.objects.all()
    return TimelineEntry.objects.filter(order__client_id=user.pk)


def shipped_units(order_ids: Collection[UUID]) -> dict[UUID, list[tuple[datetime, dict[int, int]]]]:
    """When something was sent of each of these orders, and how many units of which lines, by their numbers."""
    lines = ShipmentLine.objects.filter(shipment__order__in=order_ids).order_by("shipment_id")
    shipped: dict[UUID, list[tuple[datetime, dict[int, int]]]] = defaultdict(list)
    for order_id, at, line_no, quantity in lines.values_list(
        "shipment__order_id", "shipment__shipped_at", "line_no", "quantity"
    ):
        shipped[order_id].append((at, {line_no: quantity}))
    return shipped


def cancellation_times(order_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When what was open of these orders was cancelled, without those of which nothing was."""
    cancelled = Order.objects.filter(pk__in=order_ids, cancelled_at__isnull=False)
    return {order_id: at for order_id, at in cancelled.values_list("pk", "cancelled_at") if at}


def sent_units(order_id: UUID) -> dict[int, int]:
    """How many units of each line of an order were sent so far, by the line's number; it never falls."""
    return dict(OrderLine.objects.filter(order=order_id).values_list("line_no", "fulfilled_quantity"))
