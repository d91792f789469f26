"""Invoices over HTTP: views parse, call and answer."""

from django.db.models import F, Func, IntegerField, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import ApiViewSet
from invoicing.api.filters import InvoiceFilters
from invoicing.api.schemas import InvoiceOut, invoice_out
from invoicing.models import Invoice
from invoicing.selectors import visible_invoice, visible_invoices, whole_invoices


class InvoiceViewSet(ApiViewSet[Invoice]):
    """Issued invoices, which never change."""

    lookup_field = "number"
    lookup_value_regex = r"[^/\x00]+"  # PostgreSQL has no text with a NUL to compare with
    filterset_class = InvoiceFilters
    row_weight = Func(F("lines"), function="jsonb_array_length", output_field=IntegerField())

    def get_queryset(self) -> QuerySet[Invoice]:
        return visible_invoices(self.request.user)

    def list(self, request: Request) -> Response:
        """Invoices, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).only("number", "issued_at"))
        return self.get_paginated_response([_out(request, invoice) for invoice in whole_invoices(page or ())])

    def retrieve(self, request: Request, number: str) -> Response:
        """An invoice."""
        return Response(_out(request, visible_invoice(request.user, number)))


def _out(request: Request, invoice: Invoice) -> InvoiceOut:
    return invoice_out(invoice, f"{request.scheme}://{request.get_host()}/invoices/{invoice.number}")
