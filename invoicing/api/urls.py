"""The paths of the invoices API."""

from django.urls import URLPattern, URLResolver, re_path

from api.routers import Router
from invoicing.api.documents import DocumentViewSet
from invoicing.api.export import CreditNoteExport, InvoiceExport, TaxExport
from invoicing.api.views import InvoiceViewSet
from invoicing.crediting import SentUnits

# Before the router's: a number has no dot, but the router would take one.
_FILES = [
    re_path(r"^invoices\.csv/?$", InvoiceExport.as_view({"get": "list"}), name="invoice-export"),
    re_path(r"^credit-notes\.csv/?$", CreditNoteExport.as_view({"get": "list"}), name="credit-note-export"),
    re_path(r"^taxes\.csv/?$", TaxExport.as_view({"get": "list"}), name="tax-export"),
    *(
        re_path(
            rf"^invoices/(?P<number>[^/\x00]+)\.{form}/?$",
            DocumentViewSet.as_view({"get": form}),
            name=f"invoice-{form}",
        )
        for form in ("pdf", "html", "xml")
    ),
]


def invoice_paths(*, sent_units: SentUnits) -> list[URLPattern | URLResolver]:
    """All paths; see InvoiceViewSet.sent_units."""
    router = Router(given={"sent_units": sent_units})
    router.register("invoices", InvoiceViewSet, basename="invoice")
    return [*_FILES, *router.urls]
