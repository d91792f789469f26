"""The page on which a person books a delivery: the lines of a delivery note, all at once."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from api.request_ids import trace_of
from common.fields import parse_sku, parse_text64, parse_unit_price
from common.forms import ParsedField, as_typed, parse_typed_currency
from inventory.admin_booking import LONGEST_LINE, LinesForm, note_field
from inventory.bookings import Booking
from inventory.models import MAX_ON_HAND, Kind, StockItem, StockMovement
from inventory.services import book_documents
from inventory.valuation import UnitCost
from messaging.tracing import caused_by

_UNITS = re.compile(r"[0-9]{1,16}", re.ASCII)
_BY_BLANKS = re.compile(r"(?P<sku>.*\S)[\s,]+(?P<units>\S+)")
_ENDS_IN_NUMBER = re.compile(r".*[\s,][0-9]+", re.ASCII)  # `MUG 1 5`: 5 of `MUG 1`, or 1 of `MUG` at 5
_SHOWN = 10  # new skus that are named

Line = tuple[str, int, Decimal | None]  # a sku, units, and what one of them cost


class DeliveryForm(LinesForm):
    title = "Receive a delivery"
    submit = "Book the receipts"
    lines, what = "goods", "A delivery"

    document = ParsedField(
        parse=parse_text64,
        label="Delivery note",
        widget=UnfoldAdminTextInputWidget,
        help_text="Its number. What was booked of it before is not booked again.",
    )
    goods = forms.CharField(
        widget=UnfoldAdminTextareaWidget,
        strip=False,
        max_length=200_000,
        help_text="A line for each sku, with the units that came in behind it, and behind them what one unit cost, if "
        "that is known; as columns of a spreadsheet are pasted, or with semicolons between. All are booked, or none. "
        "A new sku gets a stock item.",
    )
    currency = ParsedField(
        parse=parse_typed_currency,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of the costs, an ISO 4217 code.",
    )
    note = note_field()

    def clean_goods(self) -> list[Line]:
        return self.parsed_lines(parse_line, verb="names")

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        if {"goods", "currency"} <= entered.keys():
            has_costs = any(cost is not None for _, _, cost in entered["goods"])
            if has_costs and not entered["currency"]:
                self.add_error("currency", "Enter the currency of the costs.")
            elif entered["currency"] and not has_costs:
                self.add_error("currency", "No line has a cost. Enter one, or leave this empty.")
        return entered

    def where_it_shows(self) -> str:
        return reverse("admin:inventory_stockmovement_changelist", query={"q": self.cleaned_data["document"]})

    def carry_out(self, request: HttpRequest) -> str:
        bookings = self._bookings(request.user.get_username())
        skus = {booking.sku for booking in bookings}
        known = set(StockItem.objects.filter(pk__in=skus).values_list("pk", flat=True))
        with caused_by(trace_of(request), *skus):
            movements = book_documents(bookings=bookings)
        return _told(movements, before=len(bookings) - len(movements), new=sorted(skus - known))

    def _bookings(self, actor: str) -> Sequence[Booking]:
        entered = self.cleaned_data
        return [
            Booking(
                sku=sku,
                kind=Kind.RECEIPT,
                change=units,
                cost=None if cost is None else UnitCost(cost, entered["currency"]),
                document=entered["document"],
                note=entered["note"],
                actor=actor,
            )
            for sku, units, cost in entered["goods"]
        ]


def parse_line(text: str) -> Line:
    """A line of a delivery, as it was typed or pasted.

    Raises:
        ValueError: it is none, or can be read in two ways.
    """
    if len(text) > LONGEST_LINE:
        raise ValueError(f"is longer than {LONGEST_LINE} characters")
    sku, units, *costs = _cells(text)
    if not _UNITS.fullmatch(units) or not 1 <= int(units) <= MAX_ON_HAND:
        raise ValueError("must be a sku and a whole number of units from 1 on, by digits alone")
    if len(costs) > 1 or (costs and ("," in costs[0])):
        raise ValueError("must end with a cost such as 1.50, or with the units")
    return parse_sku(sku), int(units), as_typed(parse_unit_price)(costs[0]) if costs else None


def _cells(text: str) -> list[str]:
    """Sku, units and maybe more; none of them is empty but the first two."""
    if re.search("[\t;]", text):
        cells = [cell.strip() for cell in re.split("[\t;]", text.strip(" "))]
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
        return cells
    match = _BY_BLANKS.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be a sku and a whole number of units")
    if _ENDS_IN_NUMBER.fullmatch(match["sku"]):
        raise ValueError("can be read in two ways: put a semicolon or a tab behind the sku, and before a cost")
    return [match["sku"].rstrip(","), match["units"]]


def _told(movements: Sequence[StockMovement], *, before: int, new: Sequence[str]) -> str:
    told = f"Booked: {len(movements)} receipt{'s' * (len(movements) != 1)}."
    if before:
        told += f" Booked before, and not again: {before}."
    if new:
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        told += f" New stock items: {', '.join(new[:_SHOWN])}{more}."
    return told
