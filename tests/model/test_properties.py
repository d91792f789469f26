"""What holds of amounts, allocations and numbers whatever goes in, against arithmetic without rounding errors."""

from collections import Counter, defaultdict
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from inventory.allocation import Level, allocate, asked_for
from inventory.events import OrderedLine
from invoicing.models import InvoiceCounter
from invoicing.numbering import take_numbers
from orders.tax_category import Taxation
from orders.totals import line_net, strip_trailing_zeros, total_up

UNITS = st.sampled_from([Decimal(1), Decimal("0.01"), Decimal("0.001"), Decimal("0.0001")])
PRICES = st.decimals(min_value=0, max_value=Decimal("999999999999.999999"), places=6)  # as far as the catalogue goes
RATES = st.decimals(min_value=0, max_value=1, places=4)
QUANTITIES = st.integers(1, 1_000_000)
LINES = st.lists(st.tuples(QUANTITIES, PRICES, RATES), min_size=1, max_size=20)

SKUS = st.sampled_from("ABCD")
LEVELS = st.fixed_dictionaries({sku: st.builds(Level, st.integers(0, 40)) for sku in "ABC"})  # of D there is none
BASKETS = st.dictionaries(SKUS, st.integers(1, 25), min_size=1)


def half_up(exact: Fraction, unit: Decimal) -> Fraction:
    """The nearest whole number of units, the greater of two."""
    in_units = exact / Fraction(unit)
    return Fraction((2 * in_units.numerator + in_units.denominator) // (2 * in_units.denominator)) * Fraction(unit)


@given(QUANTITIES, PRICES, UNITS)
def test_a_lines_net_is_the_exact_product_rounded_half_up_once(quantity, unit_price, unit):
    net = line_net(quantity=quantity, unit_price=unit_price, unit=unit)

    assert Fraction(net) == half_up(quantity * Fraction(unit_price), unit)
    assert net.as_tuple().exponent == unit.as_tuple().exponent


@given(LINES, UNITS)
def test_tax_is_the_exact_share_of_each_rates_sum_rounded_half_up_once(lines, unit):
    nets = [(line_net(quantity=q, unit_price=p, unit=unit), rate) for q, p, rate in lines]

    totals = total_up(((net, Taxation("S", rate)) for net, rate in nets), unit)

    sums: dict[Decimal, Fraction] = defaultdict(Fraction)
    for net, rate in nets:
        sums[rate] += Fraction(net)
    assert {part.rate: Fraction(part.net) for part in totals.taxes} == sums
    assert all(Fraction(part.tax) == half_up(sums[part.rate] * Fraction(part.rate), unit) for part in totals.taxes)
    assert Fraction(totals.total) == sum(sums.values()) + sum(Fraction(part.tax) for part in totals.taxes)


def test_the_largest_order_that_is_accepted_is_totalled_to_the_last_digit():
    unit, rate = Decimal("0.0001"), Decimal("0.9999")
    net = line_net(quantity=1_000_000, unit_price=Decimal("999999999999.999999"), unit=unit)

    totals = total_up([(net, Taxation("S", rate))] * 2000, unit)

    assert Fraction(totals.net) == 2000 * Fraction(net)
    assert Fraction(totals.tax) == half_up(2000 * Fraction(net) * Fraction(rate), unit)
    assert Fraction(totals.total) == Fraction(totals.net) + Fraction(totals.tax)


@given(st.decimals(min_value=0, max_value=10**12, places=6), UNITS)
def test_a_tidied_number_is_the_same_and_tidying_it_again_changes_nothing(number, unit):
    tidied = strip_trailing_zeros(number, unit)

    assert tidied == number
    assert -tidied.as_tuple().exponent >= -unit.as_tuple().exponent
    assert str(strip_trailing_zeros(tidied, unit)) == str(tidied)


@given(st.lists(st.tuples(SKUS, st.integers(1, 9)), min_size=1))
def test_what_an_order_asks_for_does_not_depend_on_how_it_is_split_into_lines(lines):
    whole = [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in lines]
    units = [OrderedLine(sku=sku, quantity=1) for sku, quantity in reversed(lines) for _ in range(quantity)]

    assert asked_for(whole) == asked_for(units)


@given(LEVELS, st.lists(BASKETS, max_size=10))
def test_a_refused_order_takes_nothing_from_those_behind_it(levels, orders):
    alone = deepcopy(levels)
    answers = [allocate(asked, levels).reserved for asked in orders]
    accepted = [asked for asked, reserved in zip(orders, answers, strict=True) if reserved]

    assert all(allocate(asked, alone).reserved for asked in accepted)
    assert alone == levels


@given(LEVELS, st.lists(BASKETS, max_size=10))
def test_what_is_reserved_is_what_the_accepted_orders_ask_for(levels, orders):
    accepted = [asked for asked in orders if allocate(asked, levels).reserved]

    total = sum((Counter(asked) for asked in accepted), Counter())
    assert {sku: level.reserved for sku, level in levels.items() if level.reserved} == total


@given(LEVELS, st.lists(BASKETS, min_size=1, max_size=10), st.integers(0, 9))
def test_an_answer_depends_only_on_the_orders_before_it(levels, orders, cut):
    shorter = deepcopy(levels)

    everyone = [allocate(asked, levels) for asked in orders]
    first = [allocate(asked, shorter) for asked in orders[:cut]]

    assert first == everyone[:cut]


@pytest.mark.django_db
@settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["INV", "UK"]), st.sampled_from([2031, 2032]), st.integers(0, 5), st.booleans()),
        max_size=12,
    )
)
def test_numbers_run_on_in_each_series_and_year_as_if_what_was_rolled_back_had_never_been(takes):
    InvoiceCounter.objects.all().delete()
    given_out = defaultdict(list)

    for series, year, count, keep in takes:
        with transaction.atomic():
            numbers = take_numbers(series=series, year=year, count=count)
            assert len(numbers) == count
            if keep:
                given_out[series, year] += numbers
            else:
                transaction.set_rollback(True)

    for numbers in given_out.values():
        assert numbers == list(range(1, len(numbers) + 1))
