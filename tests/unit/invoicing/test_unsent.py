"""Which units were credited before they were sent."""

from datetime import UTC, datetime

import pytest

from invoicing.unsent import unsent_units


def at(hour: int, units: int) -> tuple[datetime, dict[int, int]]:
    return datetime(2026, 11, 28, hour, tzinfo=UTC), {1: units}


@pytest.mark.parametrize(
    ("credited", "shipped", "unsent"),
    [
        ([], [at(1, 3)], 0),
        ([at(1, 4)], [], 4),
        ([at(1, 4)], [at(2, 6)], 4),
        ([at(2, 4)], [at(1, 6)], 0),
        ([at(2, 4), at(4, 4)], [at(1, 3), at(3, 2)], 3),
        ([at(3, 2), at(2, 2)], [at(1, 3)], 1),
        ([at(1, 1)], [at(1, 1)], 0),
    ],
)
def test_a_credit_note_takes_back_what_was_sent_by_then_first(credited, shipped, unsent):
    assert unsent_units(credited, shipped)[1] == unsent


def test_lines_are_looked_at_by_themselves():
    now = datetime(2026, 11, 28, tzinfo=UTC)

    assert dict(unsent_units([(now, {1: 2, 2: 2})], [(now, {1: 2, 3: 1})])) == {1: 0, 2: 2}
