"""By what invoices can be listed."""

import django_filters

from api.filters import ParsedFilter
from common.fields import parse_text64
from invoicing.models import Invoice


class InvoiceFilters(django_filters.FilterSet):  # type: ignore[misc]
    order_id = django_filters.UUIDFilter()
    customer_id = ParsedFilter(parse=parse_text64)

    class Meta:
        model = Invoice
        fields: list[str] = []
