"""Filters refuse what they don't understand."""

from datetime import UTC, datetime

import pytest
from django_filters import FilterSet

from api.filters import MomentFilter
from orders.models import Order


class Filters(FilterSet):
    placed_from = MomentFilter("placed_at", "gte")

    class Meta:
        model = Order
        fields: list[str] = []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T12:00:00+02:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T23:00:00+23:00", datetime(2026, 11, 22, 0, tzinfo=UTC)),
        ("2026-11-22T12:00:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_taken_with_any_offset_and_compared_in_utc(text, moment):
    form = Filters({"placed_from": text}).form
    assert form.is_valid()
    assert (form.cleaned_data["placed_from"], form.cleaned_data["placed_from"].tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-13-01T00:00:00Z", "now", "\x00", "1e400"]
)
def test_what_is_no_moment_is_an_error_of_its_parameter(text):
    assert Filters({"placed_from": text}).errors.keys() == {"placed_from"}
