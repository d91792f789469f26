"""The moving average: what a unit on hand cost."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inventory.valuation import UnitCost, average_after_receipt, stock_value

COSTS = st.decimals(0, "999999999999.999999", places=6)
UNITS = st.integers(1, 10**9)


def gbp(amount: object) -> UnitCost:
    return UnitCost(Decimal(str(amount)), "GBP")


def receive(receipts, on_hand=0, average=None):
    for units, amount in receipts:
        average = average_after_receipt(on_hand=on_hand, average=average, received=units, cost=gbp(amount))
        on_hand += units
    return on_hand, average


# frappe/erpnext#54668: the average was the cost of the last receipt.
@pytest.mark.parametrize(
    ("receipts", "average"),
    [
        ([(1, "200"), (1, "200"), (1, "0")], "133.3333333333"),  # frappe/erpnext#43580
        ([(10, "5"), (10, "10")], "7.5"),
        ([(1, "0")], "0"),
        ([(3, "0.000001"), (1, "0")], "0.00000075"),
    ],
)
def test_is_what_all_units_cost_by_their_number(receipts, average):
    assert receive(receipts)[1] == gbp(average)


def test_counts_units_of_unknown_cost_as_the_others():
    assert average_after_receipt(on_hand=90, average=None, received=10, cost=gbp(3)) == gbp(3)


@given(st.lists(st.tuples(UNITS, COSTS), min_size=1, max_size=20))
def test_lies_between_the_least_and_the_greatest_cost(receipts):
    _, average = receive(receipts)

    assert min(cost for _, cost in receipts) <= average.amount <= max(cost for _, cost in receipts)


@given(st.lists(st.tuples(UNITS, COSTS), min_size=1, max_size=20))
def test_times_the_units_is_what_was_paid_but_for_its_rounding(receipts):
    on_hand, average = receive(receipts)
    paid = sum(units * Fraction(cost) for units, cost in receipts)

    assert abs(Fraction(average.amount) * on_hand - paid) <= len(receipts) * Fraction(on_hand, 2 * 10**10)


@given(st.lists(UNITS, min_size=1, max_size=20), COSTS)
def test_of_one_cost_is_that_cost_however_many_come(units, cost):
    assert receive([(each, cost) for each in units])[1].amount == cost


@given(UNITS, COSTS, COSTS)
def test_begins_anew_where_nothing_is_left(units, before, cost):
    old = UnitCost(before, "EUR")

    assert average_after_receipt(on_hand=0, average=old, received=units, cost=gbp(cost)) == gbp(cost)


# odoo/odoo#38313, odoo/odoo#237095: divided by the units that were left, which were none.
@given(st.integers(0, 10**15), st.none() | COSTS)
@example(10**15, Decimal("999999999999.999999"))
def test_the_value_of_any_level_is_an_amount_or_unknown(on_hand, amount):
    value = stock_value(on_hand=on_hand, average=None if amount is None else gbp(amount))

    assert (value is None) == (amount is None)
    assert value is None or (value >= 0 and abs(Fraction(value) - on_hand * Fraction(amount)) <= Fraction(1, 200))


@pytest.mark.parametrize(("currency", "value"), [("GBP", "3.75"), ("JPY", "4"), ("BHD", "3.750")])
def test_the_value_has_the_decimals_of_its_currency(currency, value):
    found = stock_value(on_hand=3, average=UnitCost(Decimal("1.25"), currency))

    assert str(found) == value
