"""By what orders can be listed."""

import django_filters

from api.filters import ParsedFilter
from common.fields import parse_text64
from common.timestamps import parse_timestamp
from orders.models import Order
from orders.transitions import Status


class OrderFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Status.choices)
    customer_id = ParsedFilter(parse=parse_text64)
    reference = ParsedFilter(parse=parse_text64)
    placed_from = ParsedFilter("placed_at", "gte", parse=parse_timestamp)
    placed_to = ParsedFilter("placed_at", "lte", parse=parse_timestamp)

    class Meta:
        model = Order
        fields: list[str] = []
