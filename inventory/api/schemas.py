"""Stock as JSON: what comes in, and what goes out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from api.pagination import Page
from common.errors import FieldError, Invalid
from common.fields import Currency, Sku, Text64, Text200, UnitPrice
from common.money import DecimalText, format_amount, format_price
from inventory.booking_rules import problems_of
from inventory.bookings import Booking
from inventory.models import MAX_ON_HAND, Kind, Reason, StockItem, StockMovement
from inventory.valuation import UnitCost

MAX_QUANTITY = 1_000_000_000  # units of one movement booked by hand
MAX_COUNTS = 2_000  # lines of a stock-take

# A stock-take has an address of its own, since it says how many there are and not how many more.
_Reason = Annotated[
    Literal["damaged", "expired", "lost", "found", "correction", "other"],
    msgspec.Meta(description="one of damaged, expired, lost, found, correction, other"),
]
_KindText = Annotated[str, msgspec.Meta(extra_json_schema={"enum": Kind.values})]
_Units = Annotated[int, msgspec.Meta(ge=0, le=MAX_ON_HAND, description=f"a whole number from 0 to {MAX_ON_HAND}")]


class MovementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Goods that came in, or that there is less or more than was booked.

    Attributes:
        quantity: of a receipt how many came in, 1 or more; of an adjustment how many more there are, or fewer, with a
            minus. Levels are not given: a stock-take says how many there are.
        reason: of an adjustment alone. Left out: correction.
        unit_cost: of a receipt alone, and with `currency`.
        currency: of `unit_cost`, and only with it.
        document: the number of a delivery note, for example. It is booked once for each sku: again, in capitals or
            not, it is 409.
        note: for people.
    """

    kind: Annotated[Literal["receipt", "adjustment"], msgspec.Meta(description='"receipt" or "adjustment"')]
    quantity: Annotated[
        int,
        msgspec.Meta(
            ge=-MAX_QUANTITY, le=MAX_QUANTITY, description=f"a whole number from -{MAX_QUANTITY} to {MAX_QUANTITY}"
        ),
    ]
    reason: _Reason | None = None
    unit_cost: UnitPrice | None = None
    currency: Currency | None = None
    document: Text64 | None = None
    note: Text200 | None = None

    def booking(self, *, sku: str, actor: str) -> Booking:
        """Raises:
        Invalid: names every field that does not go with the kind.
        """
        problems = problems_of(
            kind=self.kind,
            quantity=self.quantity,
            reason=self.reason,
            unit_cost=self.unit_cost,
            currency=self.currency,
        )
        if errors := [FieldError(f"/{field}", detail) for field, detail in problems]:
            raise Invalid(errors)
        return Booking(
            sku=sku,
            kind=Kind(self.kind),
            change=self.quantity,
            reason=(self.reason or Reason.CORRECTION) if self.kind == "adjustment" else "",
            cost=UnitCost(self.unit_cost, self.currency) if self.unit_cost is not None and self.currency else None,
            document=self.document or "",
            note=self.note or "",
            actor=actor,
        )


class CountIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many units of a sku there are."""

    sku: Sku
    counted: _Units


class StockTakeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a stock-take found; of a sku once.

    Attributes:
        document: its number. It is booked once for each sku: again, in capitals or not, it is 409.
        note: for people.
    """

    lines: Annotated[
        list[CountIn],
        msgspec.Meta(min_length=1, max_length=MAX_COUNTS, description=f"a list of 1 to {MAX_COUNTS} counts"),
    ]
    document: Text64 | None = None
    note: Text200 | None = None

    def bookings(self, *, actor: str) -> list[Booking]:
        """Raises:
        Invalid: names every sku that is there twice.
        """
        first: dict[str, int] = {}
        for index, line in enumerate(self.lines):
            first.setdefault(line.sku, index)
        if repeated := [index for index, line in enumerate(self.lines) if first[line.sku] != index]:
            raise Invalid(FieldError(f"/lines/{index}/sku", "is counted in a line before") for index in repeated)
        return [
            Booking(
                sku=line.sku,
                kind=Kind.ADJUSTMENT,
                counted=line.counted,
                reason=Reason.STOCK_TAKE,
                document=self.document or "",
                note=self.note or "",
                actor=actor,
            )
            for line in self.lines
        ]


class StockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be said of a stock item; levels change by movements."""

    reorder_point: _Units


class StockOut(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    on_hand: int
    reserved: int
    available: int
    backordered: int
    reorder_point: int
    average_cost: DecimalText | None  # this, the value and their currency only for those who may view movements
    value: DecimalText | None
    currency: str | None
    updated_at: datetime


class StockPage(Page[StockOut], frozen=True, kw_only=True):
    """A page of levels."""


class MovementOut(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    sku: str
    kind: _KindText
    on_hand_change: int
    reserved_change: int
    backordered_change: int
    reason: str | None
    counted: int | None
    unit_cost: DecimalText | None  # from here to the actor, only for those who may view movements
    currency: str | None
    document: str | None
    order_id: UUID | None
    note: str | None
    actor: str | None
    at: datetime


class MovementPage(Page[MovementOut], frozen=True, kw_only=True):
    """A page of a ledger."""


class StockTakeOut(msgspec.Struct, frozen=True, kw_only=True):
    """The movements of a stock-take, in the order of its lines; of what was counted right one of 0 units."""

    movements: list[MovementOut]


def stock_out(item: StockItem, *, whole: bool) -> StockOut:
    """A stock item; not `whole`, it does not tell what it cost."""
    average, value = (item.average, item.value) if whole else (None, None)
    return StockOut(
        sku=item.sku,
        on_hand=item.on_hand,
        reserved=item.reserved,
        available=item.available,
        backordered=item.backordered,
        reorder_point=item.reorder_point,
        average_cost=format_price(average.amount, average.currency) if average else None,
        value=format_amount(value, average.currency) if average and value is not None else None,
        currency=average.currency if average else None,
        updated_at=item.updated_at,
    )


def movement_out(movement: StockMovement, *, whole: bool) -> MovementOut:
    """A movement; not `whole`, it does not tell whose it is, what it goes back to, what was noted, and what it cost."""
    private: dict[str, Any] = dict.fromkeys(("unit_cost", "currency", "document", "order_id", "note", "actor"))
    if whole:
        private = {
            "unit_cost": _cost(movement),
            "currency": movement.cost_currency or None,
            "document": movement.document or None,
            "order_id": movement.order_id,
            "note": movement.note or None,
            "actor": movement.actor or None,
        }
    return MovementOut(
        id=movement.pk,
        sku=movement.sku,
        kind=movement.kind,
        on_hand_change=movement.on_hand_change,
        reserved_change=movement.reserved_change,
        backordered_change=movement.backordered_change,
        reason=movement.reason or None,
        counted=movement.counted,
        at=movement.at,
        **private,
    )


def _cost(movement: StockMovement) -> str | None:
    return None if movement.unit_cost is None else format_price(movement.unit_cost, movement.cost_currency)
