"""By what invoices can be listed."""

import django_filters

from invoicing.models import Invoice


class InvoiceFilters(django_filters.FilterSet):  # type: ignore[misc]
    order_id = django_filters.UUIDFilter()
    customer_id = django_filters.CharFilter()

    class Meta:
        model = Invoice
        fields: list[str] = []
