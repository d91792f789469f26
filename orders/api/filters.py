"""By what orders can be listed."""

import django_filters

from orders.models import Order
from orders.transitions import Status


class OrderFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Status.choices)
    customer_id = django_filters.CharFilter()
    reference = django_filters.CharFilter()
    placed_from = django_filters.IsoDateTimeFilter("placed_at", "gte")
    placed_to = django_filters.IsoDateTimeFilter("placed_at", "lte")

    class Meta:
        model = Order
        fields: list[str] = []
