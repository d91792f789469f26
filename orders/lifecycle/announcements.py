"""What is announced of orders that were cancelled or sent, as their rows have it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from orders.events import LineQuantity, OrderCancelled, OrderFulfilled, OrderPartlyFulfilled, OrderShipped
from orders.models import Order, OrderLine, Shipment, ShipmentLine
from orders.shipment_numbers import parse_shipment_number

_OF_ORDERS = ("reference", "customer_id", "client_id")
_OF_SHIPMENTS = ("tracking", "shipped_at", "completes_order", *(f"order__{name}" for name in _OF_ORDERS))


def recorded_cancellations(order_ids: Collection[UUID]) -> Mapping[UUID, OrderCancelled]:
    """What `order.cancelled` says of these orders; without those that were not cancelled."""
    orders = Order.objects.filter(pk__in=order_ids, cancelled_at__isnull=False).order_by("pk")
    lines = _lines(
        OrderLine.objects.filter(order_id__in=order_ids, cancelled_quantity__gt=0)
        .order_by("order_id", "line_no")
        .values_list("order_id", "line_no", "sku", "cancelled_quantity")
    )
    return {
        order.pk: OrderCancelled.of(order, reason=order.cancellation_reason, lines=lines[order.pk])
        for order in orders.only(*_OF_ORDERS, "cancellation_reason")
    }


def recorded_part_shipments(numbers: Collection[str]) -> Mapping[str, OrderShipped]:
    """What `order.partly_fulfilled` says of shipments, by their numbers; without those that were the last ones."""
    return _of_type(OrderPartlyFulfilled, numbers)


def recorded_last_shipments(numbers: Collection[str]) -> Mapping[str, OrderShipped]:
    """What `order.fulfilled` says of shipments, by their numbers; without those that were not the last ones."""
    return _of_type(OrderFulfilled, numbers)


def recorded_shipments_of(order_ids: Collection[UUID]) -> Mapping[str, OrderShipped]:
    """What was announced of all shipments of these orders, by their numbers, oldest first."""
    ids = Shipment.objects.filter(order_id__in=order_ids).values_list("pk", flat=True)
    return {event.shipment: event for event in shipment_events(ids)}


def shipment_events(shipment_ids: Iterable[int]) -> Sequence[OrderShipped]:
    """The events of shipments, oldest first; without those that there are not."""
    found = Shipment.objects.filter(pk__in=list(shipment_ids)).select_related("order").order_by("pk")
    shipments = list(found.only(*_OF_SHIPMENTS))
    taken = ShipmentLine.objects.filter(shipment__in=shipments).order_by("shipment_id", "line_no")
    ordered = OrderLine.objects.filter(order_id__in={each.order_id for each in shipments})
    skus = {(order_id, line_no): sku for order_id, line_no, sku in ordered.values_list("order_id", "line_no", "sku")}
    orders = {each.pk: each.order_id for each in shipments}
    lines = _lines(
        (shipment_id, line_no, skus[orders[shipment_id], line_no], quantity)
        for shipment_id, line_no, quantity in taken.values_list("shipment_id", "line_no", "quantity")
    )
    return [_shipment_event(shipment, lines[shipment.pk]) for shipment in shipments]


def _of_type(event_type: type[OrderShipped], numbers: Collection[str]) -> Mapping[str, OrderShipped]:
    ids = {shipment_id for number in numbers if (shipment_id := parse_shipment_number(number))}
    return {event.shipment: event for event in shipment_events(ids) if isinstance(event, event_type)}


def _shipment_event(shipment: Shipment, lines: list[LineQuantity]) -> OrderShipped:
    event = OrderFulfilled if shipment.completes_order else OrderPartlyFulfilled
    return event.of(
        shipment.order,
        shipment=shipment.number,
        tracking=shipment.tracking,
        shipped_at=shipment.shipped_at,
        lines=lines,
    )


def _lines(rows: Iterable[tuple[Any, int, str, int]]) -> dict[Any, list[LineQuantity]]:
    """Rows of an id, a line's number, its sku and a quantity, by the id."""
    lines: dict[Any, list[LineQuantity]] = defaultdict(list)
    for owner, line_no, sku, quantity in rows:
        lines[owner].append(LineQuantity(line_no=line_no, sku=sku, quantity=quantity))
    return lines
