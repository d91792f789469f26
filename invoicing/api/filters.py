"""By what invoices and credit notes can be listed."""

import django_filters

from api.filters import ParsedFilter
from common.fields import parse_text64
from invoicing.models import Document


class DocumentFilters(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=Document.Kind.choices)
    order_id = django_filters.UUIDFilter()
    customer_id = ParsedFilter(parse=parse_text64)

    class Meta:
        model = Document
        fields: list[str] = []
