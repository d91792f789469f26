"""By what orders can be listed."""

import django_filters

from api.filters import ParsedFilter, PeriodsForm, SomeOfFilter
from common.fields import parse_text64
from common.timestamps import A_DATE_BY_ITSELF, parse_timestamp
from orders.models import Order
from orders.transitions import Status


class OrderFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = SomeOfFilter(
        "status", values=Status.values, label="What the orders are now; several with commas between them: any of these."
    )
    customer_id = ParsedFilter(parse=parse_text64, label="Exactly this customer's.")
    reference = ParsedFilter(parse=parse_text64, label="With exactly this reference, which several orders may have.")
    placed_from = ParsedFilter(
        "placed_at", "gte", parse=parse_timestamp, label=f"Placed then or later. {A_DATE_BY_ITSELF}"
    )
    placed_to = ParsedFilter(
        "placed_at", "lte", parse=parse_timestamp, label=f"Placed then or before. {A_DATE_BY_ITSELF}"
    )

    class Meta:
        model = Order
        form = PeriodsForm
        fields: list[str] = []
