"""The paths of the invoices API."""

from django.urls import re_path

from api.routers import Router
from invoicing.api.documents import DocumentViewSet
from invoicing.api.export import InvoiceExport
from invoicing.api.views import InvoiceViewSet

router = Router()
router.register("invoices", InvoiceViewSet, basename="invoice")

# Before the router's: a number has no dot, but the router would take one.
urlpatterns = [
    re_path(r"^invoices\.csv/?$", InvoiceExport.as_view({"get": "list"}), name="invoice-export"),
    *(
        re_path(
            rf"^invoices/(?P<number>[^/\x00]+)\.{form}/?$",
            DocumentViewSet.as_view({"get": form}),
            name=f"invoice-{form}",
        )
        for form in ("pdf", "html", "xml")
    ),
    *router.urls,
]
