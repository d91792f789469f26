"""The paths of the stock API."""

from django.urls import re_path

from api.routers import Router
from inventory.api.changes import StockChangeViewSet
from inventory.api.export import StockExport
from inventory.api.views import StockTakeViewSet, StockViewSet

router = Router()
router.register("stock", StockViewSet, basename="stock")
router.register("stock-takes", StockTakeViewSet, basename="stock-take")
router.register("stock-changes", StockChangeViewSet, basename="stock-change")

urlpatterns = [
    *router.urls,
    re_path(r"^stock\.csv/?$", StockExport.as_view({"get": "list"}), name="stock-export"),
]
