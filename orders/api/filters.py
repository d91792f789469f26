"""By what orders can be listed."""

from typing import Any

import django_filters
from django import forms

from api.filters import OneOfFilter, ParsedFilter
from common.fields import parse_text64
from common.timestamps import parse_timestamp
from orders.models import Order
from orders.transitions import Status

_DATES = "A date by itself is its midnight in UTC, with which the day begins."


class _OrderFiltersForm(forms.Form):
    """The values of the filters, checked together."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        placed_from, placed_to = values.get("placed_from"), values.get("placed_to")
        if placed_from and placed_to and placed_to < placed_from:
            self.add_error("placed_to", "Must not be before placed_from.")
        return values


class OrderFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = OneOfFilter(choices=Status.choices, label="What the orders are now.")
    customer_id = ParsedFilter(parse=parse_text64, label="Exactly this customer's.")
    reference = ParsedFilter(parse=parse_text64, label="With exactly this reference, which several orders may have.")
    placed_from = ParsedFilter("placed_at", "gte", parse=parse_timestamp, label=f"Placed then or later. {_DATES}")
    placed_to = ParsedFilter("placed_at", "lte", parse=parse_timestamp, label=f"Placed then or before. {_DATES}")

    class Meta:
        model = Order
        form = _OrderFiltersForm
        fields: list[str] = []
