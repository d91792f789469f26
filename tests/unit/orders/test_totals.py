"""Amounts: computed once, by one pure function."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import smallest_unit
from orders.tax_category import EXPORT, EXPORT_FROM_EU, Taxation
from orders.totals import line_net, strip_trailing_zeros, total_up

PENNY = Decimal("0.01")
nets = st.decimals(min_value=0, max_value=10**9, places=2)
rates = st.sampled_from([Decimal("0"), Decimal("0.05"), Decimal("0.2"), Decimal("0.175")])


def taxed(rate):
    return Taxation("S" if Decimal(rate) else "Z", Decimal(rate))


lines_of_an_order = st.lists(
    st.tuples(nets, st.one_of(rates.map(taxed), st.sampled_from([EXPORT, EXPORT_FROM_EU]))), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ("currency", "unit"), [("GBP", "0.01"), ("EUR", "0.01"), ("JPY", "1"), ("BHD", "0.001"), ("CLF", "0.0001")]
)
def test_a_currency_has_the_exponent_of_iso_4217(currency, unit):
    assert smallest_unit(currency) == Decimal(unit)


@pytest.mark.parametrize("code", ["", "gbp", "XXX", "ABC", "POUND"])
def test_what_is_no_currency_has_no_smallest_unit(code):
    assert smallest_unit(code) is None


@pytest.mark.parametrize(
    ("quantity", "unit_price", "net"),
    [(3, "0.335", "1.01"), (1, "0.005", "0.01"), (1, "0.004999", "0.00"), (1_000_000, "999999999999.999999", None)],
)
def test_a_lines_net_is_rounded_half_up(quantity, unit_price, net):
    result = line_net(quantity=quantity, unit_price=Decimal(unit_price), unit=PENNY)

    assert result == (Decimal(net) if net else Decimal("999999999999999999.00"))


def test_tax_is_rounded_once_also_where_an_amount_has_all_its_digits():
    """moiz-lakkadkutta/Fabric-Inventory#207: what is computed of values within their limits had none of its own."""
    net = Decimal("1998999999999999998002.5005")  # of 2,000 lines in CLF

    totals = total_up([(net, taxed("0.1999"))], Decimal("0.0001"))

    assert totals.tax == Decimal("399600099999999999600.6998")  # of ….69984995, which is not ….69985


def test_yen_have_no_decimals():
    assert str(line_net(quantity=3, unit_price=Decimal("33.5"), unit=Decimal(1))) == "101"


def test_tax_is_rounded_once_per_rate_not_once_per_line():
    line = (Decimal("0.02"), taxed("0.2"))  # 0.004 a line: each alone would round to nothing

    totals = total_up([line] * 5, PENNY)

    assert (totals.net, totals.tax, totals.total) == (Decimal("0.10"), Decimal("0.02"), Decimal("0.12"))


def test_each_rate_is_listed_with_its_share_highest_first():
    totals = total_up([(Decimal("10.00"), taxed("0.05")), (Decimal("20.00"), taxed("0.2"))], PENNY)

    assert [(str(part.rate), str(part.net), str(part.tax)) for part in totals.taxes] == [
        ("0.2", "20.00", "4.00"),
        ("0.05", "10.00", "0.50"),
    ]


def test_a_give_away_comes_to_nothing_with_the_currencys_decimals():
    assert str(total_up([(Decimal("0.00"), taxed("0.2"))], PENNY).total) == "0.00"


@given(lines_of_an_order)
def test_parts_always_add_up(lines):
    totals = total_up(lines, PENNY)

    assert totals.net == sum(net for net, _ in lines)
    assert totals.net == sum(part.net for part in totals.taxes)
    assert totals.tax == sum(part.tax for part in totals.taxes)
    assert totals.total == totals.net + totals.tax


@given(lines_of_an_order)
def test_the_order_of_the_lines_does_not_matter(lines):
    forwards, backwards = total_up(lines, PENNY), total_up(list(reversed(lines)), PENNY)

    assert [(part.category, part.rate, part.net, part.tax) for part in forwards.taxes] == [
        (part.category, part.rate, part.net, part.tax) for part in backwards.taxes
    ]


def test_categories_of_one_rate_are_listed_apart_with_their_reasons():
    """ZUGFeRD/mustangproject#614: they were joined by rate, and a reason was shown for all that followed."""
    exempt = Taxation("E", Decimal(0), "VATEX-EU-132", "Medical care")

    totals = total_up([(Decimal(1), taxed(0)), (Decimal(2), exempt), (Decimal(4), exempt)], PENNY)

    assert [(part.category, part.net, part.reason_code, part.reason) for part in totals.taxes] == [
        ("Z", Decimal(1), None, None),
        ("E", Decimal(6), "VATEX-EU-132", "Medical care"),
    ]


def test_several_reasons_of_one_category_are_one_text_without_a_code():
    """EN 16931 has one breakdown for each category and rate (BR-E-01), and so room for one reason."""
    medical = Taxation("E", Decimal(0), "VATEX-EU-132", "Medical care")
    school = Taxation("E", Decimal(0), "VATEX-EU-132-1I", "Education")

    (part,) = total_up([(Decimal(2), medical), (Decimal(4), school), (Decimal(4), medical)], PENNY).taxes

    assert (part.reason_code, part.reason) == (None, "Medical care; Education")


@pytest.mark.parametrize(
    ("number", "text"),
    [("2.550000", "2.55"), ("2.5", "2.50"), ("0", "0.00"), ("0.001250", "0.00125"), ("1000", "1000.00")],
)
def test_a_price_is_written_without_needless_zeros(number, text):
    assert str(strip_trailing_zeros(Decimal(number), PENNY)) == text
