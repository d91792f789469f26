"""Which units were credited before they were sent."""

from datetime import UTC, datetime

import pytest

from invoicing.unsent import Credited, unsent_units


def at(hour: int, units: int) -> tuple[datetime, dict[int, int]]:
    return datetime(2026, 11, 28, hour, tzinfo=UTC), {1: units}


def note(hour: int, units: int, *, restock: bool = False) -> Credited:
    return Credited(*at(hour, units), restock)


@pytest.mark.parametrize(
    ("credited", "shipped", "unsent"),
    [
        ([], [at(1, 3)], 0),
        ([note(1, 4)], [], 4),
        ([note(1, 4)], [at(2, 6)], 4),
        ([note(2, 4)], [at(1, 6)], 0),
        ([note(2, 4), note(4, 4)], [at(1, 3), at(3, 2)], 3),
        ([note(3, 2), note(2, 2)], [at(1, 3)], 1),
        ([note(1, 1)], [at(1, 1)], 0),
    ],
)
def test_a_credit_note_takes_back_what_was_sent_by_then_first(credited, shipped, unsent):
    assert unsent_units(credited, shipped)[1] == unsent


@pytest.mark.parametrize(
    ("credited", "unsent"),
    [
        ([note(4, 6)], 6),
        ([note(3, 6)], 6),  # at the very moment
        ([note(4, 2), note(5, 5)], 6),
        ([note(2, 2), note(4, 6)], 6),
        ([note(2, 6), note(4, 4)], 6),
        ([note(4, 3, restock=True)], 0),
        ([note(4, 3, restock=True), note(5, 3)], 3),
    ],
)
def test_after_a_cancellation_it_takes_back_what_was_cancelled_first_unless_goods_come_back(credited, unsent):
    """Of ten, four are sent, and the other six are cancelled."""
    assert unsent_units(credited, [at(1, 4)], at(3, 6))[1] == unsent


def test_lines_are_looked_at_by_themselves():
    now = datetime(2026, 11, 28, tzinfo=UTC)

    assert dict(unsent_units([Credited(now, {1: 2, 2: 2})], [(now, {1: 2, 3: 1})])) == {1: 0, 2: 2}
