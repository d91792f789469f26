"""Invoices, credit notes and the taxes of both as CSV files over HTTP."""

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.request import Request

from api.exporting import MEDIA_TYPE, ExportViewSet
from api.openapi.operation import describe
from invoicing.api.filters import CreditNoteFilters, DocumentFilters, InvoiceFilters
from invoicing.export import credit_note_csv, invoice_csv, tax_csv
from invoicing.models import CreditNote, Document, Invoice
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


class CreditNoteExport(ExportViewSet[CreditNote]):
    """All credit notes of a list, with their amounts."""

    filterset_class = CreditNoteFilters

    def get_queryset(self) -> QuerySet[CreditNote]:
        return visible(CreditNote.objects.all(), self.request.user)

    @describe(str, media_types=[MEDIA_TYPE], headers=["Content-Disposition"])
    def list(self, request: Request) -> HttpResponseBase:
        """Credit notes, newest first."""
        return self.respond(request, credit_note_csv(self.filter_queryset(self.get_queryset())), "credit-notes.csv")


class TaxExport(ExportViewSet[Document]):
    """The taxes of all invoices and credit notes of a list, a row for each category and rate of each.

    What a credit note takes back is negative: the sums of a period are what is owed for it.
    """

    filterset_class = DocumentFilters

    def get_queryset(self) -> QuerySet[Document]:
        return visible(Document.objects.all(), self.request.user)

    @describe(str, media_types=[MEDIA_TYPE], headers=["Content-Disposition"])
    def list(self, request: Request) -> HttpResponseBase:
        """Taxes of invoices and credit notes, newest first."""
        return self.respond(request, tax_csv(self.filter_queryset(self.get_queryset())), "taxes.csv")
