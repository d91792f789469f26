"""The paths of the invoices API."""

from api.routers import Router
from invoicing.api.views import InvoiceViewSet

router = Router()
router.register("invoices", InvoiceViewSet, basename="invoice")

urlpatterns = router.urls
