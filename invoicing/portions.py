"""What a part of an invoice comes to: the one place where amounts of credit notes are computed.

Parts are rounded by what they add up to, not each by itself: what all credit notes of an invoice take back of a line is
the price of those units, rounded once, and the tax of a rate is that of all that was taken back under it. A credit note
has the difference to those before it. So the last one takes the rest, and together they are the invoice, to the cent.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from common.money import rounded_product
from invoicing.events import Line, Tax

TaxKey = tuple[str, Decimal]  # category and rate


class Amounts(Protocol):
    """What an invoice bills, or a credit note credits: lines with their net, and the tax of each rate."""

    @property
    def lines(self) -> Sequence[Line]: ...

    @property
    def taxes(self) -> Sequence[Tax]: ...


class Portion(msgspec.Struct, frozen=True):
    """A part of an invoice, in its currency: lines by rising number, taxes by falling rate."""

    lines: list[Line]
    taxes: list[Tax]
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def left_to_credit(billed: Amounts, credited: Iterable[Amounts]) -> dict[int, int]:
    """The units of each line, by its number, that no credit note has credited; 0 of one that is credited whole."""
    units = units_by_line(credited)
    return {line.line_no: line.quantity - units[line.line_no] for line in billed.lines}


def portion(billed: Amounts, credited: Sequence[Amounts], quantities: Mapping[int, int], *, unit: Decimal) -> Portion:
    """The part of an invoice that is the given quantities of its lines, by their numbers, none more than is left.

    Args:
        credited: all parts that were credited before.
        unit: the smallest of the currency.
    """
    units, nets = units_by_line(credited), _nets_by_line(credited)
    lines = [
        msgspec.structs.replace(
            line,
            quantity=quantities[line.line_no],
            net=_net_of(line, units[line.line_no] + quantities[line.line_no], unit) - nets[line.line_no],
        )
        for line in billed.lines
        if quantities.get(line.line_no, 0) > 0
    ]
    taxes = _taxes(billed, credited, lines, unit)
    zero = Decimal(0).quantize(unit)
    net, tax = sum((line.net for line in lines), start=zero), sum((tax.tax for tax in taxes), start=zero)
    return Portion(lines, taxes, net, tax)


def _net_of(line: Line, quantity: int, unit: Decimal) -> Decimal:
    """What the first `quantity` units of a billed line come to."""
    return line.net if quantity == line.quantity else min(line.net, rounded_product(line.unit_price, quantity, unit))


def _taxes(billed: Amounts, credited: Sequence[Amounts], lines: Sequence[Line], unit: Decimal) -> list[Tax]:
    """What is credited of each billed tax, one for each category and rate, that these lines are subject to."""
    net_of: dict[TaxKey, Decimal] = defaultdict(Decimal)
    for line in lines:
        net_of[line.tax_category, line.tax_rate] += line.net
    keys = [(tax, (tax.category, tax.rate)) for tax in billed.taxes]
    return [_part_of(tax, net_of[key], credited, unit) for tax, key in keys if key in net_of]


def _part_of(billed: Tax, net: Decimal, credited: Sequence[Amounts], unit: Decimal) -> Tax:
    taxes = [tax for part in credited for tax in part.taxes]
    before = [tax for tax in taxes if (tax.category, tax.rate) == (billed.category, billed.rate)]
    whole_net = sum((tax.net for tax in before), start=net)
    whole_tax = billed.tax if whole_net == billed.net else rounded_product(whole_net, billed.rate, unit)
    return msgspec.structs.replace(billed, net=net, tax=whole_tax - sum(tax.tax for tax in before))


def units_by_line(parts: Iterable[Amounts]) -> dict[int, int]:
    """The units of all parts together, by line number; 0 of any other line."""
    units: dict[int, int] = defaultdict(int)
    for part in parts:
        for line in part.lines:
            units[line.line_no] += line.quantity
    return units


def _nets_by_line(parts: Iterable[Amounts]) -> dict[int, Decimal]:
    nets: dict[int, Decimal] = defaultdict(Decimal)
    for part in parts:
        for line in part.lines:
            nets[line.line_no] += line.net
    return nets
