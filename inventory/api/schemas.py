"""Stock as JSON: what comes in, and what goes out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from common.errors import FieldError, Invalid
from common.fields import Text200
from inventory.models import StockItem, StockMovement

MAX_QUANTITY = 1_000_000_000  # units of one movement booked by hand


class MovementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Goods that came in, or a correction."""

    kind: Annotated[Literal["receipt", "adjustment"], msgspec.Meta(description='"receipt" or "adjustment"')]
    quantity: Annotated[
        int,
        msgspec.Meta(
            ge=-MAX_QUANTITY, le=MAX_QUANTITY, description=f"a whole number from -{MAX_QUANTITY} to {MAX_QUANTITY}"
        ),
    ]
    note: Text200 | None = None

    def check(self) -> None:
        """Raises:
        Invalid: the quantity does not go with the kind.
        """
        if self.kind == "receipt" and self.quantity < 1:
            raise Invalid([FieldError("/quantity", "of a receipt must be 1 or more")])
        if self.quantity == 0:
            raise Invalid([FieldError("/quantity", "must not be 0")])


class StockOut(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    updated_at: datetime


class MovementOut(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    sku: str
    kind: str
    on_hand_change: int
    reserved_change: int
    order_id: UUID | None  # this and the actor only for those who may view movements: they are other people's affairs
    note: str | None
    actor: str | None
    at: datetime


def stock_out(item: StockItem) -> StockOut:
    return StockOut(
        sku=item.sku,
        on_hand=item.on_hand,
        reserved=item.reserved,
        available=item.available,
        reorder_point=item.reorder_point,
        updated_at=item.updated_at,
    )


def movement_out(movement: StockMovement, *, whole: bool) -> MovementOut:
    """A movement; not `whole`, it does not tell whose it is."""
    return MovementOut(
        id=movement.pk,
        sku=movement.sku,
        kind=movement.kind,
        on_hand_change=movement.on_hand_change,
        reserved_change=movement.reserved_change,
        order_id=movement.order_id if whole else None,
        note=movement.note or None,
        actor=(movement.actor or None) if whole else None,
        at=movement.at,
    )
