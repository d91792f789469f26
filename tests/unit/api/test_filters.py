"""Filters reject unknown parameters."""

from datetime import UTC, datetime

import pytest
from django_filters import FilterSet

from api.filters import ParsedFilter
from common.fields import parse_text64
from common.timestamps import parse_timestamp
from orders.models import Order


class Filters(FilterSet):
    placed_from = ParsedFilter("placed_at", "gte", parse=parse_timestamp)
    reference = ParsedFilter(parse=parse_text64)

    class Meta:
        model = Order
        fields: list[str] = []


def test_a_filter_compares_with_what_its_function_makes_of_the_text():
    form = Filters({"placed_from": "2026-11-22t12:00:00+02:00", "reference": "\u00a0PO-1 "}).form

    assert form.is_valid()
    assert form.cleaned_data == {"placed_from": datetime(2026, 11, 22, 10, tzinfo=UTC), "reference": "PO-1"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("placed_from", "now"), ("placed_from", "\x00"), ("reference", "x" * 65), ("reference", "a\u200bb")],
)
def test_what_its_function_refuses_is_an_error_of_its_parameter(name, text):
    assert Filters({name: text}).errors.keys() == {name}
