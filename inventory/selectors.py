"""Reading stock, and what was decided on orders."""

from collections.abc import Collection, Mapping
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from inventory.events import (
    BACKORDER_EXPIRED,
    INSUFFICIENT_STOCK,
    OrderedLine,
    Shortage,
    StockBackordered,
    StockRejected,
    StockReserved,
)
from inventory.exceptions import UnknownSku
from inventory.models import ReservationDecision, StockItem, StockMovement


def find_item(sku: str) -> StockItem:
    """Raises:
    UnknownSku: there is none.
    """
    item = StockItem.objects.filter(pk=sku).first()
    if item is None:
        raise UnknownSku(sku)
    return item


def movements_of(item: StockItem) -> QuerySet[StockMovement]:
    """The ledger of a stock item, newest first."""
    return StockMovement.objects.filter(sku=item.sku)


class Reserved(msgspec.Struct, frozen=True):
    """That it was decided to reserve an order: all that orders look at."""

    order_id: UUID


def recorded_as_reserved(order_ids: Collection[UUID]) -> Mapping[UUID, Reserved]:
    """Those of the orders of which `stock.reserved` was published, by one query."""
    decisions = ReservationDecision.objects.filter(pk__in=order_ids, outcome=ReservationDecision.Outcome.RESERVED)
    return {order_id: Reserved(order_id) for order_id in decisions.values_list("pk", flat=True)}


def recorded_reservations(order_ids: Collection[UUID]) -> Mapping[UUID, StockReserved]:
    """What `stock.reserved` says of these orders, by one query; without those on which was decided otherwise."""
    decisions = ReservationDecision.objects.filter(pk__in=order_ids, outcome=ReservationDecision.Outcome.RESERVED)
    held = decisions.order_by("pk", "reservations__sku").values_list(
        "pk", "reservations__sku", "reservations__quantity"
    )
    reserved: dict[UUID, StockReserved] = {}
    for order_id, sku, quantity in held:
        event = reserved.setdefault(order_id, StockReserved(order_id=order_id, lines=[]))
        event.lines.append(OrderedLine(sku=sku, quantity=quantity))
    return reserved


def recorded_rejections(order_ids: Collection[UUID]) -> Mapping[UUID, StockRejected]:
    """What `stock.rejected` says of these orders, by one query; without those that were not rejected."""
    decisions = ReservationDecision.objects.filter(pk__in=order_ids, outcome=ReservationDecision.Outcome.REJECTED)
    return {
        order_id: StockRejected(
            order_id=order_id,
            reason=reason or INSUFFICIENT_STOCK,
            shortages=msgspec.convert(shortages, list[Shortage]),
        )
        for order_id, reason, shortages in decisions.values_list("pk", "reason", "shortages")
    }


def recorded_backorders(order_ids: Collection[UUID]) -> Mapping[UUID, StockBackordered]:
    """What `stock.backordered` says of these orders, by one query, be it that they have been served since."""
    rejected_at_once = Q(outcome=ReservationDecision.Outcome.REJECTED) & ~Q(reason=BACKORDER_EXPIRED)
    decisions = ReservationDecision.objects.filter(pk__in=order_ids).exclude(rejected_at_once).exclude(shortages=[])
    return {
        order_id: StockBackordered(order_id=order_id, shortages=msgspec.convert(shortages, list[Shortage]))
        for order_id, shortages in decisions.values_list("pk", "shortages")
    }
