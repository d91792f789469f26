"""The import of stock movements: all lines of all files or none, and those of each document once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from django.db import transaction

from api.validation import parse
from common.errors import Invalid
from common.fields import Sku, Text64, Text200
from inventory.api.schemas import MovementIn
from inventory.bookings import Booking
from inventory.exceptions import BookingRefused
from inventory.models import MAX_ON_HAND, Kind, Reason
from inventory.services import book_documents
from operations.cli.progress import WriteLine
from operations.importing.lines import as_json, problems_of, require_none, rows_of
from orders.importing.rows import Columns, Row

COLUMNS = Columns(
    required=("document", "sku", "kind", "quantity"), optional=("reason", "unit_cost", "currency", "note")
)
_COUNT = "stock_take"  # the kind of a line whose quantity is what was counted
_KINDS = "receipt, adjustment or stock_take"


class _Movement(MovementIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line that says how many units come or go: what a client may say of a movement, and of which sku."""

    document: Text64
    sku: Sku
    kind: Annotated[Literal["receipt", "adjustment"], msgspec.Meta(description=_KINDS)]


class _Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line that says how many units there are."""

    document: Text64
    sku: Sku
    kind: Literal["stock_take"]
    quantity: Annotated[int, msgspec.Meta(ge=0, le=MAX_ON_HAND, description=f"a whole number from 0 to {MAX_ON_HAND}")]
    note: Text200 | None = None

    def booking(self) -> Booking:
        return Booking(
            sku=self.sku,
            kind=Kind.ADJUSTMENT,
            counted=self.quantity,
            reason=Reason.STOCK_TAKE,
            document=self.document,
            note=self.note or "",
        )


@dataclass(frozen=True, slots=True)
class StockReport:
    """What an import came to: `rows` of files, of which so many were booked, and the others before."""

    rows: int
    booked: int
    dry_run: bool

    @property
    def skipped(self) -> int:
        return self.rows - self.booked

    def as_json(self) -> dict[str, Any]:
        return {"dry_run": self.dry_run, "rows": self.rows, "booked": self.booked, "skipped": self.skipped}

    def __str__(self) -> str:
        return (
            f"{self.booked} movement{'' if self.booked == 1 else 's'} {'would be ' if self.dry_run else ''}booked, "
            f"{self.skipped} skipped that were booked before"
        )


@dataclass(slots=True)
class _Lines:
    """The lines read so far, with the row of each document and sku."""

    bookings: list[Booking] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    places: dict[tuple[str, str], Row] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        try:
            booking = _booking(row)
        except Invalid as invalid:
            self.problems += problems_of(row, invalid)
            return
        first = self.places.setdefault(booking.document_key, row)
        if first is not row:
            named = f"document {booking.document} names {booking.sku} already in {first.place}"
            self.problems.append(f"{row.place}: {named}")
            return
        self.bookings.append(booking)
        self.rows.append(row)


def import_stock(*, files: Sequence[Path], dry_run: bool, write_line: WriteLine) -> StockReport:
    """Book the lines of all files that were not booked before, in one transaction.

    Args:
        dry_run: report the same, but book nothing.

    Raises:
        UnreadableFile: a file is not CSV with these columns.
        LinesRejected: after `write_line` got a line with file, line, column and reason for each problem.
    """
    lines = _Lines()
    for row in rows_of(files, COLUMNS):
        lines.add(row)
    booked = 0
    if not lines.problems:
        try:
            booked = _book(lines.bookings, dry_run=dry_run)
        except BookingRefused as refused:
            lines.problems += (f"{lines.rows[one.index].place}: {one}" for one in refused.refused)
    require_none(lines.problems, write_line, done="booked")
    return StockReport(rows=len(lines.rows), booked=booked, dry_run=dry_run)


@transaction.atomic
def _book(bookings: Sequence[Booking], *, dry_run: bool) -> int:
    """Book lines; returns how many were not booked before."""
    movements = book_documents(bookings=bookings)
    if dry_run:
        transaction.set_rollback(True)
    return len(movements)


def _booking(row: Row) -> Booking:
    """Raises:
    Invalid: names every column that is wrong.
    """
    present = as_json(row, number="quantity")
    if row["kind"] == _COUNT:
        return parse(present, _Count).booking()
    line = parse(present, _Movement)
    return line.booking(sku=line.sku, actor="")
