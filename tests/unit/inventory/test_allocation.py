from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.allocation import Level, allocate, asked_for
from inventory.events import OrderedLine, Shortage

SKUS = st.sampled_from("ABCD")
LEVELS = st.dictionaries(
    SKUS,
    st.builds(
        lambda on_hand, reserved, reorder_point: Level(on_hand, min(on_hand, reserved), reorder_point),
        st.integers(0, 50),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
)
ORDERS = st.lists(st.dictionaries(SKUS, st.integers(1, 30), min_size=1), max_size=12)


@given(LEVELS, ORDERS)
def test_whatever_is_ordered_never_more_is_reserved_than_there_is(levels, orders):
    for asked in orders:
        allocate(asked, levels)

    assert all(0 <= level.reserved <= level.on_hand for level in levels.values())


@given(LEVELS, ORDERS)
def test_an_order_gets_all_that_it_asks_for_or_nothing(levels, orders):
    for asked in orders:
        before = {sku: level.reserved for sku, level in levels.items()}

        allocation = allocate(asked, levels)

        held = {sku: level.reserved - before[sku] for sku, level in levels.items() if level.reserved != before[sku]}
        assert held == (asked if allocation.reserved else {})


@given(LEVELS, ORDERS)
def test_an_order_is_refused_exactly_for_the_skus_of_which_it_asks_too_much(levels, orders):
    for asked in orders:
        available = {sku: levels[sku].available if sku in levels else 0 for sku in asked}

        allocation = allocate(asked, levels)

        assert {(short.sku, short.asked, short.available) for short in allocation.shortages} == {
            (sku, quantity, available[sku]) for sku, quantity in asked.items() if quantity > available[sku]
        }


@given(LEVELS, ORDERS)
def test_a_sku_runs_low_at_most_once_while_nothing_comes_in(levels, orders):
    announced = Counter(sku for asked in orders for sku in allocate(asked, levels).ran_low)

    assert all(times == 1 for times in announced.values())


def test_the_last_units_can_be_had():
    levels = {"A": Level(on_hand=5, reserved=2)}

    assert allocate({"A": 3}, levels).reserved
    assert levels["A"].available == 0


def test_nothing_is_available_of_an_unknown_sku():
    assert allocate({"A": 1}, {}).shortages == [Shortage(sku="A", asked=1, available=0)]


def test_an_order_that_is_short_in_one_sku_holds_none_of_the_others():
    levels = {"A": Level(on_hand=5), "B": Level(on_hand=1)}

    allocation = allocate({"A": 1, "B": 2}, levels)

    assert allocation.shortages == [Shortage(sku="B", asked=2, available=1)]
    assert levels["A"].reserved == 0


@pytest.mark.parametrize(
    ("reserved", "asked", "low"),
    [
        pytest.param(0, 6, False, id="stays above"),
        pytest.param(0, 7, True, id="falls to the threshold"),
        pytest.param(0, 9, True, id="falls below it"),
        pytest.param(7, 1, False, id="was there already"),
    ],
)
def test_a_sku_runs_low_when_its_available_units_fall_to_the_threshold(reserved, asked, low):
    levels = {"A": Level(on_hand=10, reserved=reserved, reorder_point=3)}

    assert allocate({"A": asked}, levels).ran_low == (["A"] if low else [])


def test_without_a_threshold_a_sku_runs_low_when_nothing_is_left():
    levels = {"A": Level(on_hand=2)}

    assert allocate({"A": 1}, levels).ran_low == []
    assert allocate({"A": 1}, levels).ran_low == ["A"]


def test_a_sku_on_several_lines_adds_up():
    lines = [OrderedLine(sku="A", quantity=2), OrderedLine(sku="B", quantity=1), OrderedLine(sku="A", quantity=3)]

    assert asked_for(lines) == {"A": 5, "B": 1}
