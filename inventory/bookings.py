"""The one way in which units on hand change: a movement, the level, the average cost, and what runs low by it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Collate, Upper
from django.db.models.lookups import Exact

from common.text import ascii_upper
from inventory import statements
from inventory.allocation import Level
from inventory.announcements import low
from inventory.backorders import announce_turns
from inventory.exceptions import BookingRefused, OnHandRefused, RefusedBooking
from inventory.models import MAX_ON_HAND, Kind, StockMovement
from inventory.valuation import UnitCost, average_after_receipt, unit_cost
from messaging.outbox import recording

_DOCUMENT_IN_CAPITALS = Upper(Collate("document", "C"))  # of a-z alone, as ascii_upper, and as the index has it
# Of a movement that is booked.
_COLUMNS = (
    *("sku", "kind", "on_hand_change", "reason", "counted", "unit_cost", "average_cost", "cost_currency"),
    *("document", "order_id", "note", "actor"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A movement of units on hand, before it is booked.

    Attributes:
        sku: well formed.
        change: units that come in, below 0 those that go.
        reason: of an adjustment.
        counted: units that a stock-take found; `change` follows from it.
        cost: of a unit of a receipt, where somebody named it.
        document: what the movement goes back to; a document names a sku once, in letters of either case.
        order_id: whose units these are, where they are an order's.
        actor: the user name of who books it by hand.
    """

    sku: str
    kind: Kind
    change: int = 0
    reason: str = ""
    counted: int | None = None
    cost: UnitCost | None = None
    document: str = ""
    order_id: UUID | None = None
    note: str = ""
    actor: str = ""

    @property
    def document_key(self) -> tuple[str, str]:
        """Document and sku, by which the movement is the same as another one: `ls-1` is `LS-1`."""
        return ascii_upper(self.document), self.sku

    def is_booked_as(self, movement: StockMovement) -> bool:
        """Whether a movement of this document and sku says the same."""
        change = movement.on_hand_change if self.counted is None else movement.counted
        wanted = self.change if self.counted is None else self.counted
        cost = unit_cost(movement.unit_cost, movement.cost_currency)
        return (movement.kind, movement.reason, change, cost) == (self.kind, self.reason, wanted, self.cost)


def create_missing(skus: Iterable[str]) -> None:
    """Make empty stock items of skus that have none. Before any lock, and in sku order: see StockItem.objects.lock."""
    statements.create_missing(sorted(set(skus)))


def change_on_hand(bookings: Sequence[Booking], levels: Mapping[str, Level]) -> list[StockMovement]:
    """Write movements and levels of stock items that the caller has locked, in the order given; all, or none.

    `levels`, which has every sku, is brought up to date. What is low now and was not before is announced, once,
    and so is what orders wait for.

    Raises:
        BookingRefused: names every booking that does not go with what is there by then.
    """
    causes = {booking.sku: booking.order_id for booking in bookings}
    were_low = {sku for sku in causes if levels[sku].is_low}
    ledger = _Ledger(levels, booked_documents(bookings))
    for index, booking in enumerate(bookings):
        ledger.add(index, booking)
    if ledger.refused:
        raise refusal(ledger.refused)
    statements.write_levels({sku: levels[sku] for sku in causes})
    movements = _written(ledger.movements)
    now_low = [sku for sku in causes if levels[sku].is_low and sku not in were_low]
    recording.record_all([low(sku, levels[sku], causes[sku]) for sku in now_low])
    announce_turns({each.sku: each.order_id or each.sku for each in movements if each.on_hand_change > 0}, levels)
    return movements


def refusal(refused: Sequence[RefusedBooking]) -> BookingRefused:
    """One error for all that is refused."""
    only_units = all(one.field in ("quantity", "counted") for one in refused)
    return OnHandRefused(refused) if only_units else BookingRefused(refused)


def booked_documents(bookings: Sequence[Booking]) -> dict[tuple[str, str], StockMovement]:
    """What was booked under the documents of bookings, by `Booking.document_key`. The stock items are locked.

    Of before a document was the same in letters of either case there may be two: then it is the one spelled alike.
    """
    documents = {booking.document for booking in bookings if booking.document}
    if not documents:
        return {}
    skus = {booking.sku for booking in bookings}
    booked = (
        StockMovement.objects.exclude(document="")  # as the index of this expression
        .alias(document_in_capitals=_DOCUMENT_IN_CAPITALS)
        .filter(document_in_capitals__in=set(map(ascii_upper, documents)), sku__in=skus)
    )
    alike_last = sorted(booked, key=lambda movement: movement.document in documents)
    return {(ascii_upper(movement.document), movement.sku): movement for movement in alike_last}


def as_document(text: str) -> Q:
    """Movements of a document, in letters of either case."""
    return ~Q(document="") & Q(Exact(_DOCUMENT_IN_CAPITALS, ascii_upper(text)))


def named_before(booking: Booking, movement: StockMovement) -> str:
    """The words for a booking whose document was booked before, as this movement."""
    spelled = f" as {movement.document}" if movement.document != booking.document else ""
    return f"document {booking.document} was booked before{spelled} for {booking.sku}"


@dataclass(slots=True)
class _Ledger:
    """Movements as they are made of bookings, one after the other."""

    levels: Mapping[str, Level]
    documents: dict[tuple[str, str], StockMovement]
    movements: list[StockMovement] = field(default_factory=list)
    refused: list[RefusedBooking] = field(default_factory=list)

    def add(self, index: int, booking: Booking) -> None:
        level = self.levels[booking.sku]
        change = booking.change if booking.counted is None else booking.counted - level.on_hand
        if problems := [*_problems(booking, level, level.on_hand + change), *self._problem_of_document(booking)]:
            self.refused += (RefusedBooking(index, booking.sku, *problem) for problem in problems)
            return
        if booking.cost:
            level.average = average_after_receipt(
                on_hand=level.on_hand, average=level.average, received=change, cost=booking.cost
            )
        level.on_hand += change
        movement = _movement(booking, change, level.average)
        self.movements.append(movement)
        if booking.document:
            self.documents[booking.document_key] = movement

    def _problem_of_document(self, booking: Booking) -> Iterator[tuple[str, str]]:
        if before := self.documents.get(booking.document_key):
            yield "document", named_before(booking, before)


def _problems(booking: Booking, level: Level, on_hand: int) -> Iterator[tuple[str, str]]:
    """The fields that do not go with a level, and why."""
    units = "quantity" if booking.counted is None else "counted"
    if on_hand < level.reserved:
        yield units, f"{booking.sku} can't have {on_hand} on hand: {level.reserved} are reserved"
    elif on_hand > MAX_ON_HAND:
        yield units, f"{booking.sku} can't have {on_hand} on hand: that is too many"
    if booking.cost and level.on_hand and level.average and level.average.currency != booking.cost.currency:
        yield "currency", f"what is there of {booking.sku} was bought in {level.average.currency}"


def _movement(booking: Booking, change: int, average: UnitCost | None) -> StockMovement:
    cost = booking.cost
    return StockMovement(
        sku=booking.sku,
        kind=booking.kind,
        on_hand_change=change,
        reason=booking.reason,
        counted=booking.counted,
        unit_cost=cost.amount if cost else None,
        average_cost=average.amount if cost and average else None,
        cost_currency=cost.currency if cost else "",
        document=booking.document,
        order_id=booking.order_id,
        note=booking.note,
        actor=booking.actor,
    )


def _written(movements: list[StockMovement]) -> list[StockMovement]:
    """Insert movements; orders wait for their locks meanwhile, and bulk_create would take five times as long."""
    rows = [{name: getattr(movement, name) for name in _COLUMNS} for movement in movements]
    for movement, (pk, at) in zip(movements, statements.book(rows), strict=True):
        movement.pk, movement.at = pk, at
        movement._state.adding = False
    return movements
