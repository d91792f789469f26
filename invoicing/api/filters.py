"""By what invoices and credit notes can be listed."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet

from api.filters import IdFilter, OneOfFilter, ParsedFilter, PeriodsForm
from common.fields import parse_text64
from common.timestamps import A_DATE_BY_ITSELF, parse_day, parse_timestamp
from invoicing.issue_days import issued_within
from invoicing.models import CreditNote, Document, Invoice

_DAYS = "Days are whole, and those that the documents bear: `issue_date`."


class InvoiceFilters(django_filters.FilterSet):  # type: ignore[misc]
    order_id = IdFilter(label="Of this order.")
    customer_id = ParsedFilter(parse=parse_text64, label="Exactly this customer's.")
    issue_date_from = ParsedFilter(parse=parse_day, method="from_day", label=f"Of this day or later. {_DAYS}")
    issue_date_to = ParsedFilter(parse=parse_day, method="to_day", label=f"Of this day or before. {_DAYS}")
    issued_from = ParsedFilter(
        "issued_at", "gte", parse=parse_timestamp, label=f"Issued then or later. {A_DATE_BY_ITSELF}"
    )
    issued_to = ParsedFilter(
        "issued_at", "lte", parse=parse_timestamp, label=f"Issued then or before. {A_DATE_BY_ITSELF}"
    )

    class Meta:
        model = Invoice
        form = PeriodsForm
        fields: list[str] = []

    def from_day(self, queryset: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        return issued_within(queryset, day, None)

    def to_day(self, queryset: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        return issued_within(queryset, None, day)


class CreditNoteFilters(InvoiceFilters):
    """Of credit notes alone."""

    invoice_number = ParsedFilter(field_name="invoice_id", parse=parse_text64, label="Of this invoice.")

    class Meta:
        model = CreditNote
        form = PeriodsForm
        fields: list[str] = []


class DocumentFilters(InvoiceFilters):
    """Of a list of both."""

    kind = OneOfFilter(choices=Document.Kind.choices, label="These alone; left out: both.")

    class Meta:
        model = Document
        form = PeriodsForm
        fields: list[str] = []
