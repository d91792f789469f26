"""Reading stock, and what was decided on orders."""

from collections.abc import Collection, Mapping
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from inventory import statements
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


class LedgerPlace(msgspec.Struct, frozen=True):
    """A place in the ledger of a sku: before which movement, and what was on hand and reserved there."""

    before: int
    on_hand: int
    reserved: int


class LedgerRow(msgspec.Struct, frozen=True):
    """A movement, and what was on hand and reserved after it."""

    movement: StockMovement
    on_hand: int
    reserved: int

    @property
    def place(self) -> LedgerPlace:
        """The place before this movement. It never changes, for the ledger does not."""
        return LedgerPlace(
            before=self.movement.pk,
            on_hand=self.on_hand - self.movement.on_hand_change,
            reserved=self.reserved - self.movement.reserved_change,
        )


def ledger_of(sku: str, *, length: int, place: LedgerPlace | None = None) -> tuple[list[LedgerRow], LedgerPlace | None]:
    """`length` movements of a sku from a place on, newest first, and the place where the older ones are, if any."""
    known = msgspec.structs.asdict(place) if place else {}
    balances = statements.balances(sku, limit=length + 1, **known)
    movements = StockMovement.objects.in_bulk([id_ for id_, *_ in balances[:length]])
    rows = [LedgerRow(movements[id_], on_hand, reserved) for id_, on_hand, reserved in balances[:length]]
    return rows, rows[-1].place if len(balances) > length else None


class Reserved(msgspec.Struct, frozen=True):
    """The record of a decision to reserve an order, as far as orders look at it."""

    order_id: UUID


def recorded_as_reserved(order_ids: Collection[UUID]) -> Mapping[UUID, Reserved]:
    """The given orders of which `stock.reserved` was published, by one query."""
    return {order_id: Reserved(order_id) for order_id in statements.reserved_of(order_ids)}


def recorded_reservations(order_ids: Collection[UUID]) -> Mapping[UUID, StockReserved]:
    """What `stock.reserved` says of these orders, by the ledger; without those on which was decided otherwise.

    What is still held may be less: some was sent or released since.
    """
    decisions = recorded_as_reserved(order_ids)
    held = StockMovement.objects.filter(order_id__in=decisions, kind=StockMovement.Kind.RESERVATION)
    reserved: dict[UUID, StockReserved] = {}
    for order_id, sku, quantity in held.order_by("order_id", "sku").values_list("order_id", "sku", "reserved_change"):
        assert order_id is not None, "stock_movement_moves_what_its_kind_says"
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
