"""What parts of an invoice come to: however it is cut up, they add up to it."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import round_amount, smallest_unit
from invoicing.events import Line, Tax
from invoicing.portions import Portion, left_to_credit, portion

RATES = [Decimal(rate) for rate in ("0", "0.05", "0.077", "0.19", "0.2")]


def line(line_no: int, quantity: int, unit_price: str, rate: str, unit: str) -> Line:
    return Line(
        line_no=line_no,
        sku=f"SKU-{line_no}",
        name="A thing",
        quantity=quantity,
        unit_price=Decimal(unit_price),
        tax_rate=Decimal(rate),
        net=round_amount(quantity * Decimal(unit_price), Decimal(unit)),
    )


def billed(lines: list[Line], unit: Decimal) -> Portion:
    """As orders add up: the tax of a rate is that of the sum of its lines."""
    nets = {
        rate: sum(line.net for line in lines if line.tax_rate == rate) for rate in {each.tax_rate for each in lines}
    }
    taxes = [Tax(rate=rate, net=nets[rate], tax=round_amount(nets[rate] * rate, unit)) for rate in sorted(nets)[::-1]]
    return Portion(lines, taxes, sum(line.net for line in lines), sum(tax.tax for tax in taxes))


@st.composite
def invoices_cut_up(draw) -> tuple[Portion, list[dict[int, int]], Decimal]:
    """An invoice, with the quantities by line of several parts that are all of it."""
    unit = Decimal(draw(st.sampled_from(["1", "0.01", "0.001"])))  # JPY, GBP, BHD
    prices = st.decimals("0", "50", places=3) | st.decimals("0", "2000000", places=6)
    lines = [
        line(line_no, quantity, str(price), str(rate), str(unit))
        for line_no, (quantity, price, rate) in enumerate(
            draw(st.lists(st.tuples(st.integers(1, 40), prices, st.sampled_from(RATES)), min_size=1, max_size=8)),
            start=1,
        )
    ]
    left, parts = {each.line_no: each.quantity for each in lines}, []
    while any(left.values()):
        part = {line_no: draw(st.integers(0, quantity)) for line_no, quantity in left.items()}
        if not any(part.values()):
            part = dict(left)
        parts.append(part)
        left = {line_no: quantity - part[line_no] for line_no, quantity in left.items()}
    return billed(lines, unit), parts, unit


def credited(invoice: Portion, parts: list[dict[int, int]], unit: Decimal) -> list[Portion]:
    notes: list[Portion] = []
    for part in parts:
        notes.append(portion(invoice, notes, part, unit=unit))
    return notes


@given(invoices_cut_up())
def test_all_parts_together_are_the_invoice_to_the_smallest_unit(cut):
    invoice, parts, unit = cut

    notes = credited(invoice, parts, unit)

    for name in ("net", "tax", "total"):
        assert sum(getattr(note, name) for note in notes) == getattr(invoice, name)
    for each in invoice.lines:
        own = [part for note in notes for part in note.lines if part.line_no == each.line_no]
        assert (sum(part.quantity for part in own), sum(part.net for part in own)) == (each.quantity, each.net)
    for tax in invoice.taxes:
        own = [part for note in notes for part in note.taxes if part.rate == tax.rate]
        assert (sum(part.net for part in own), sum(part.tax for part in own)) == (tax.net, tax.tax)
    assert not any(left_to_credit(invoice, notes).values())


@given(invoices_cut_up())
def test_each_part_adds_up_and_is_in_whole_units(cut):
    invoice, parts, unit = cut

    for note, part in zip(credited(invoice, parts, unit), parts, strict=True):
        assert {each.line_no: each.quantity for each in note.lines} == {k: v for k, v in part.items() if v}
        assert note.net == sum(each.net for each in note.lines) == sum(tax.net for tax in note.taxes)
        assert note.tax == sum(tax.tax for tax in note.taxes)
        assert note.total == note.net + note.tax
        for amount in (note.net, note.tax, *(x.net for x in note.lines), *(x.tax for x in note.taxes)):
            assert amount == amount.quantize(unit)
            assert amount >= 0
            assert amount.as_tuple().exponent == unit.as_tuple().exponent


@given(invoices_cut_up())
def test_no_part_is_more_than_a_unit_off_what_it_would_be_by_itself(cut):
    """As validators of electronic invoices tolerate: EN 16931 BR-S-09, Peppol R120."""
    invoice, parts, unit = cut

    for note in credited(invoice, parts, unit):
        assert all(abs(each.net - each.quantity * each.unit_price) <= unit for each in note.lines)
        assert all(abs(tax.tax - tax.net * tax.rate) <= unit for tax in note.taxes)


@given(invoices_cut_up())
def test_what_was_credited_so_far_is_a_rounded_whole(cut):
    """So nobody gains by cutting an invoice into many small credits."""
    invoice, parts, unit = cut
    notes = credited(invoice, parts, unit)

    for count in range(1, len(notes) + 1):
        for tax in invoice.taxes:
            own = [part for note in notes[:count] for part in note.taxes if part.rate == tax.rate]
            net = sum(part.net for part in own)
            assert sum(part.tax for part in own) == round_amount(net * tax.rate, unit)


# Parts that are a cent off together: woocommerce/woocommerce#26734, #10162, #64668, recurly/recurly-client-java#73.
@pytest.mark.parametrize(
    ("currency", "price", "nets", "taxes"),
    [
        ("GBP", "3.333", ["3.33", "3.34", "3.33"], ["0.67", "0.66", "0.67"]),
        ("GBP", "0.335", ["0.34", "0.33", "0.34"], ["0.07", "0.06", "0.07"]),
        ("JPY", "33.4", ["33", "34", "33"], ["7", "6", "7"]),
        ("BHD", "0.0005", ["0.001", "0.000", "0.001"], ["0.000", "0.000", "0.000"]),
    ],
)
def test_three_units_credited_one_by_one(currency, price, nets, taxes):
    unit = smallest_unit(currency)
    invoice = billed([line(1, 3, price, "0.2", str(unit))], unit)

    notes = credited(invoice, [{1: 1}] * 3, unit)

    assert [str(note.net) for note in notes] == nets
    assert [str(note.tax) for note in notes] == taxes


def test_a_line_keeps_all_else_that_the_invoice_says_of_it():
    unit = Decimal("0.01")
    invoice = billed([line(1, 3, "2.555", "0.2", "0.01"), line(2, 1, "1", "0", "0.01")], unit)

    (part,) = portion(invoice, [], {1: 2}, unit=unit).lines

    assert part == msgspec.structs.replace(invoice.lines[0], quantity=2, net=Decimal("5.11"))


def test_a_rate_without_a_credited_line_has_no_tax():
    unit = Decimal("0.01")
    invoice = billed([line(1, 3, "2.555", "0.2", "0.01"), line(2, 1, "1", "0", "0.01")], unit)

    assert [tax.rate for tax in portion(invoice, [], {2: 1}, unit=unit).taxes] == [0]


# getlago/lago-api#2643: four credit notes, a line each, came to 335.00 of an invoice over 334.99.
def test_a_credit_note_for_each_line_comes_to_the_invoice():
    prices = ["68.33", "57.50", "85.00", "68.33"]
    unit = Decimal("0.01")
    invoice = billed([line(n, 1, price, "0.2", "0.01") for n, price in enumerate(prices, start=1)], unit)

    parts = credited(invoice, [{n: 1} for n in range(1, 5)], unit)

    assert invoice.total == sum(part.total for part in parts) == Decimal("334.99")


def test_tax_is_rounded_once_also_where_an_amount_has_all_its_digits():
    unit, net = Decimal("0.0001"), Decimal("1998999999999999998002.5005")
    large = msgspec.structs.replace(line(1, 1, "1", "0.1999", "0.0001"), unit_price=net, net=net)
    small = line(2, 1, "1", "0.1999", "0.0001")
    taxes = [Tax(rate=Decimal("0.1999"), net=net + 1, tax=Decimal("399600099999999999600.8997"))]
    invoice = Portion([large, small], taxes, net + 1, taxes[0].tax)

    first = portion(invoice, [], {1: 1}, unit=unit)

    assert first.tax == Decimal("399600099999999999600.6998")
    assert portion(invoice, [first], {2: 1}, unit=unit).tax == Decimal("0.1999")
