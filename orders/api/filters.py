"""By what orders can be listed."""

import django_filters

from api.filters import MomentFilter
from orders.models import Order
from orders.transitions import Status


class OrderFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Status.choices)
    customer_id = django_filters.CharFilter()
    reference = django_filters.CharFilter()
    placed_from = MomentFilter("placed_at", "gte")
    placed_to = MomentFilter("placed_at", "lte")

    class Meta:
        model = Order
        fields: list[str] = []
