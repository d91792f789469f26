"""The pages on which a person books movements and stock-takes, and says when it is time to order more."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from api.form_pages import PageForm
from api.request_ids import trace_of
from backoffice.formatting import admin_url
from common.errors import OrderflowError
from common.fields import parse_sku, parse_text64, parse_text200, parse_unit_price
from common.forms import ParsedField, WholeNumberField, as_typed, parse_typed_currency, sentence
from inventory.booking_rules import problems_of
from inventory.bookings import Booking
from inventory.exceptions import BookingRefused, UnknownSku
from inventory.models import MAX_ON_HAND, Kind, Reason
from inventory.services import book, set_reorder_point, take_stock
from inventory.valuation import UnitCost
from messaging.tracing import caused_by

L = TypeVar("L", bound=tuple[Any, ...])

MAX_LINES = 2_000  # of a stock-take or a delivery
LONGEST_LINE = 200  # characters; matching takes their square, and nothing else is done by the process meanwhile
_COUNT = re.compile(r"(?P<sku>.*?)[\s,;]+(?P<counted>[0-9]{1,16})", re.ASCII)
# What may be a number whose thousands are set apart, or a sku that ends in a number: `MUG 1,000`, `MUG 1 000`.
_TWO_READINGS = re.compile(r"[^\s,;].*?[\s,;]+[0-9]{1,3}(?:[ ,][0-9]{3})+", re.ASCII)
_REASONS = [("", "—"), *(choice for choice in Reason.choices if choice[0] != Reason.STOCK_TAKE)]


def _sku_field() -> ParsedField:
    return ParsedField(parse=parse_sku, widget=UnfoldAdminTextInputWidget)


def _document_field() -> ParsedField:
    return ParsedField(
        parse=parse_text64,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="What this goes back to, such as a delivery note. A document names a sku once, in capitals or not.",
    )


def note_field() -> ParsedField:
    return ParsedField(parse=parse_text200, required=False, widget=UnfoldAdminTextInputWidget)


class StockForm(PageForm):
    def show_error(self, error: OrderflowError) -> None:
        if isinstance(error, UnknownSku):
            self.add_error("sku", sentence(str(error)))
        else:
            super().show_error(error)


class LinesForm(StockForm):
    """A form with a line for each sku in one box.

    Attributes:
        lines: the name of that box.
        what: what is booked, at the beginning of a sentence.
    """

    lines = what = ""

    def parsed_lines(self, parse: Callable[[str], L], *, verb: str) -> list[L]:
        """The lines of the box, without blank ones.

        Args:
            parse: makes of a line a tuple that begins with its sku, or raises ValueError.
            verb: what a line does with its sku.

        Raises:
            ValidationError: names each line that can't be read, or whose sku another one has.
        """
        lines: dict[str, L] = {}
        errors = []
        for number, text in enumerate(self.cleaned_data[self.lines].splitlines(), start=1):
            if not text.strip():
                continue
            try:
                line = parse(text)
            except ValueError as error:
                errors.append(f"Line {number} {error}.")
                continue
            if line[0] in lines:
                errors.append(f"Line {number} {verb} {line[0]} once more.")
            lines.setdefault(line[0], line)
        if len(lines) > MAX_LINES:
            errors.append(f"{self.what} has up to {MAX_LINES} lines.")
        if errors or not lines:
            raise forms.ValidationError(errors or ["There is no line."])
        return list(lines.values())

    def show_error(self, error: OrderflowError) -> None:
        if not isinstance(error, BookingRefused):
            super().show_error(error)
            return
        for one in error.refused:
            self.add_error("document" if one.field == "document" else self.lines, f"{one.sku}: {one.detail}.")


class BookingForm(StockForm):
    title = "Book a movement"
    submit = "Book"

    sku = _sku_field()
    kind = forms.TypedChoiceField(
        choices=[
            (Kind.RECEIPT, "receipt: goods came in"),
            (Kind.ADJUSTMENT, "adjustment: there is less or more than was booked"),
        ],
        coerce=Kind,
        widget=UnfoldAdminSelectWidget,
        help_text="A receipt of a new sku makes its stock item.",
    )
    quantity = WholeNumberField(
        min_value=-MAX_ON_HAND,
        max_value=MAX_ON_HAND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Units. Of an adjustment: how many more there are than was booked, below 0 if some are missing.",
    )
    reason = forms.ChoiceField(
        choices=_REASONS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of an adjustment; a correction if there is none.",
    )
    unit_cost = ParsedField(
        parse=as_typed(parse_unit_price),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a receipt: what one unit cost, if that is known.",
    )
    currency = ParsedField(
        parse=parse_typed_currency,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of the cost, an ISO 4217 code.",
    )
    document = _document_field()
    note = note_field()

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        if {"kind", "quantity", "reason", "unit_cost", "currency"} <= entered.keys():
            for field, detail in problems_of(
                kind=entered["kind"],
                quantity=entered["quantity"],
                reason=entered["reason"] or None,
                unit_cost=_or_none(entered, "unit_cost"),
                currency=_or_none(entered, "currency"),
            ):
                self.add_error(field, f"{field.replace('_', ' ').capitalize()} {detail}.")
        return self.cleaned_data

    def where_it_shows(self) -> str:
        return admin_url("inventory.stockitem", self.cleaned_data["sku"])

    def carry_out(self, request: HttpRequest) -> str:
        booking = self._booking(request.user.get_username())
        with caused_by(trace_of(request), booking.sku):
            movement = book(booking=booking)
        return f"Booked: {movement.kind}, {movement.on_hand_change:+d} of {movement.sku}."

    def _booking(self, actor: str) -> Booking:
        entered = self.cleaned_data
        cost = _or_none(entered, "unit_cost")
        return Booking(
            sku=entered["sku"],
            kind=entered["kind"],
            change=entered["quantity"],
            reason=(entered["reason"] or Reason.CORRECTION) if entered["kind"] == Kind.ADJUSTMENT else "",
            cost=None if cost is None else UnitCost(cost, entered["currency"]),
            document=entered["document"],
            note=entered["note"],
            actor=actor,
        )


class StockTakeForm(LinesForm):
    lines, what = "counts", "A stock-take"
    title = "Stock-take"
    submit = "Bring levels to what was counted"

    counts = forms.CharField(
        widget=UnfoldAdminTextareaWidget,
        strip=False,
        max_length=200_000,
        help_text="A line for each sku, with the units that were counted behind it; as two columns of a spreadsheet "
        "are pasted. All are booked, or none.",
    )
    document = _document_field()
    note = note_field()

    def clean_counts(self) -> list[tuple[str, int]]:
        """Skus with what was counted of each."""
        return self.parsed_lines(_parse_count, verb="counts")

    def where_it_shows(self) -> str:
        return reverse("admin:inventory_stockmovement_changelist")

    def carry_out(self, request: HttpRequest) -> str:
        entered = self.cleaned_data
        actor = request.user.get_username()
        counts = [
            Booking(
                sku=sku,
                kind=Kind.ADJUSTMENT,
                counted=counted,
                reason=Reason.STOCK_TAKE,
                document=entered["document"],
                note=entered["note"],
                actor=actor,
            )
            for sku, counted in entered["counts"]
        ]
        with caused_by(trace_of(request), *(count.sku for count in counts)):
            movements = take_stock(counts=counts)
        changed = sum(movement.on_hand_change != 0 for movement in movements)
        return f"Booked: {len(movements)} counted, of which {changed} changed."


class ReorderPointForm(StockForm):
    title = "When to order more"
    submit = "Save"

    sku = _sku_field()
    reorder_point = WholeNumberField(
        min_value=0,
        max_value=MAX_ON_HAND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="What brings the available units down to this is announced, once each time.",
    )

    def where_it_shows(self) -> str:
        return admin_url("inventory.stockitem", self.cleaned_data["sku"])

    def carry_out(self, request: HttpRequest) -> str:
        sku = self.cleaned_data["sku"]
        with caused_by(trace_of(request), sku):
            item = set_reorder_point(sku=sku, reorder_point=self.cleaned_data["reorder_point"])
        return f"The reorder point of {item.sku} is {item.reorder_point}."


def _or_none(entered: Mapping[str, Any], name: str) -> Any:
    """What was entered; None where nothing was, which for a form is ""."""
    return None if entered[name] == "" else entered[name]


def _parse_count(line: str) -> tuple[str, int]:
    """Raises:
    ValueError: the line is no sku with a count, or more than one.
    """
    line = line.strip()
    match = _COUNT.fullmatch(line) if len(line) <= LONGEST_LINE else None
    if match is None or int(match["counted"]) > MAX_ON_HAND:
        raise ValueError("must be a sku and a whole number of units")
    if _TWO_READINGS.fullmatch(line):
        raise ValueError("can be read in two ways: write units by digits alone, with a semicolon or a tab before them")
    return parse_sku(match["sku"]), int(match["counted"])
