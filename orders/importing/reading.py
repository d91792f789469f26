"""From the rows of an order to the order as a client would ask for it, by the very rules of the API."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from api.validation import parse
from common.errors import FieldError, Invalid
from common.fields import PastTimestamp, Text64, Text200, UnitCode
from messaging.events import Trace
from orders.api.schemas import OrderIn, as_request
from orders.importing import cancellations
from orders.importing.addresses import PARTIES, column_of, party_of
from orders.importing.column_profiles import Profile
from orders.importing.grouping import RawOrder
from orders.importing.rows import Row
from orders.importing.taxes import taxation_in
from orders.intake.drafts import OrderRequest
from orders.models import Order

T = TypeVar("T")

_SHOWN = 64  # characters of a cell that an error shows
_FLAGS = {"true": True, "false": False}  # spreadsheets write them in capitals
_POINTER = re.compile(r"/lines/(\d+)(?:/(\w+))?|/(\w+)")


class _ImportedOrder(OrderIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a file says of an order, beyond what a client may say of it."""

    reference: Text64
    placed_at: PastTimestamp | None = None


class _Described(msgspec.Struct, frozen=True):
    """The cells of a line that say what was sold; None: what the catalogue says."""

    name: Text200 | None = None
    unit_code: UnitCode | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row: `column` is empty if it is the row as a whole."""

    row: Row
    column: str
    detail: str

    def __str__(self) -> str:
        return f"{self.column} {self.detail}" if self.column else self.detail


class RowsRejected(Exception):
    """An order is refused for some of its rows; never without a problem."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReader:
    """Reads the orders of one kind of file on behalf of a client.

    Attributes:
        trace: what the events of the orders go back to.
        default_customer: whose orders are that name no customer; empty: those are refused.
    """

    profile: Profile
    client_id: int
    trace: Trace
    default_customer: str = ""

    def read(self, raw: RawOrder) -> OrderRequest:
        """Raises:
        RowsRejected: names every cell that is wrong.
        """
        taxations, wrong_taxes = _each(raw, lambda row: taxation_in(row, self.profile))
        described, wrong_words = _each(raw, self._description)
        if problems := [*self._contradictions(raw), *self._wrong_cancellations(raw), *wrong_taxes, *wrong_words]:
            raise RowsRejected(problems)
        try:
            order = parse(self._as_json(raw), _ImportedOrder)
        except Invalid as invalid:
            raise RowsRejected(self.problems(raw, invalid.errors)) from None
        request = as_request(order, client_id=self.client_id, trace=self.trace)
        lines = [
            replace(line, taxation=taxation, name=sold.name, unit_code=sold.unit_code)
            for line, taxation, sold in zip(request.lines, taxations, described, strict=True)
        ]
        return replace(request, placed_at=order.placed_at, source=Order.Source.IMPORT, lines=lines)

    def units(self, raw: RawOrder) -> int | None:
        """How many units its rows are of, but for what is cancelled; None where a quantity is no whole number."""
        quantities = [cancellations.quantity_left(row, self.profile) for row in raw.rows]
        whole = [each for each in quantities if isinstance(each, int)]
        return sum(whole) if len(whole) == len(quantities) else None

    def problems(self, raw: RawOrder, errors: Iterable[FieldError]) -> list[RowProblem]:
        """Say of rows and columns what is said by JSON pointers into the order."""
        return [self._problem(raw, error) for error in errors]

    def _contradictions(self, raw: RawOrder) -> Iterator[RowProblem]:
        """Rows that say another thing of the whole order than its first row."""
        first, *others = raw.rows
        for name in self.profile.consistent:
            wanted = self.profile.text(first, name)
            for row in others:
                if (text := self.profile.text(row, name)) != wanted:
                    detail = f"is {text[:_SHOWN]!r} here, but {wanted[:_SHOWN]!r} in {first.place} of the same order"
                    yield RowProblem(row, self.profile.column_of.get(name, name), detail)

    def _wrong_cancellations(self, raw: RawOrder) -> Iterator[RowProblem]:
        for row in raw.rows:
            if detail := cancellations.problem_of(row, self.profile):
                yield RowProblem(row, cancellations.FIELD, detail)

    def _description(self, row: Row) -> _Described:
        """What a row says of what was sold, if lines keep that.

        Raises:
            Invalid: names every cell that is wrong.
        """
        fields = _Described.__struct_fields__ if self.profile.keeps_descriptions else ()
        return parse({name: text for name in fields if (text := self.profile.text(row, name))}, _Described)

    def _as_json(self, raw: RawOrder) -> dict[str, Any]:
        """The order as a client would send it: a field without text is left out."""
        first = raw.rows[0]
        fields = {
            name: self.profile.text(first, name) for name in ("reference", "customer_id", "currency", "placed_at")
        }
        fields["customer_id"] = fields["customer_id"] or self.default_customer
        present: dict[str, Any] = {name: text for name, text in fields.items() if text}
        if text := self.profile.text(first, "allow_backorder"):
            present["allow_backorder"] = _FLAGS.get(text.casefold(), text)
        present |= {name: party for name in PARTIES if (party := party_of(name, partial(self.profile.text, first)))}
        return present | {"lines": [self._line_as_json(row) for row in raw.rows]}

    def _line_as_json(self, row: Row) -> dict[str, Any]:
        fields: dict[str, Any] = {name: self.profile.text(row, name) for name in ("sku", "unit_price")}
        fields["quantity"] = cancellations.quantity_left(row, self.profile)
        return {name: value for name, value in fields.items() if value != ""}

    def _problem(self, raw: RawOrder, error: FieldError) -> RowProblem:
        if column := column_of(error.pointer, partial(self.profile.text, raw.rows[0])):
            return RowProblem(raw.rows[0], column, error.detail)
        match = _POINTER.fullmatch(error.pointer)
        index, line_field, order_field = match.groups() if match else (None, None, None)
        row = raw.rows[int(index or 0)]
        name = line_field or order_field or ""
        detail = self.profile.problem_of(row, name) or error.detail
        if (name, detail) == ("customer_id", "is missing"):
            detail = "is missing, and there is no default customer"
        return RowProblem(row, self.profile.column_of.get(name, ""), detail)


def _each(raw: RawOrder, read: Callable[[Row], T]) -> tuple[list[T], list[RowProblem]]:
    """What is read of each row, and what is wrong with those that can't be read."""
    found: list[T] = []
    problems: list[RowProblem] = []
    for row in raw.rows:
        try:
            found.append(read(row))
        except Invalid as invalid:
            problems += [RowProblem(row, each.pointer.removeprefix("/"), each.detail) for each in invalid.errors]
    return found, problems
