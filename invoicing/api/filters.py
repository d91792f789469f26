"""By what invoices and credit notes can be listed."""

import django_filters

from api.filters import IdFilter, OneOfFilter, ParsedFilter
from common.fields import parse_text64
from invoicing.models import CreditNote, Document, Invoice


class InvoiceFilters(django_filters.FilterSet):  # type: ignore[misc]
    order_id = IdFilter(label="Of this order.")
    customer_id = ParsedFilter(parse=parse_text64, label="Exactly this customer's.")

    class Meta:
        model = Invoice
        fields: list[str] = []


class CreditNoteFilters(InvoiceFilters):
    """Of credit notes alone."""

    invoice_number = ParsedFilter(field_name="invoice_id", parse=parse_text64, label="Of this invoice.")

    class Meta:
        model = CreditNote
        fields: list[str] = []


class DocumentFilters(InvoiceFilters):
    """Of a list of both."""

    kind = OneOfFilter(choices=Document.Kind.choices, label="These alone; left out: both.")

    class Meta:
        model = Document
        fields: list[str] = []
