"""Invoices as a CSV file over HTTP."""

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.request import Request

from api.exporting import MEDIA_TYPE, ExportViewSet
from api.openapi.operation import describe
from invoicing.api.filters import InvoiceFilters
from invoicing.export import invoice_csv
from invoicing.models import Invoice
from invoicing.selectors import visible


class InvoiceExport(ExportViewSet[Invoice]):
    """All invoices of a list, with their amounts."""

    filterset_class = InvoiceFilters

    def get_queryset(self) -> QuerySet[Invoice]:
        return visible(Invoice.objects.all(), self.request.user)

    @describe(str, media_types=[MEDIA_TYPE], headers=["Content-Disposition"])
    def list(self, request: Request) -> HttpResponseBase:
        """Invoices, newest first."""
        return self.respond(request, invoice_csv(self.filter_queryset(self.get_queryset())), "invoices.csv")
