"""/orders and /products."""

from django.urls import re_path

from api.routers import Router
from orders.api.export import OrderExport
from orders.api.prices import PriceViewSet
from orders.api.products import ProductViewSet
from orders.api.views import OrderViewSet

router = Router()
router.register("orders", OrderViewSet, basename="order")
router.register("products", ProductViewSet, basename="product")
router.register("products/(?P<sku>[^/]+)/prices", PriceViewSet, basename="price")

urlpatterns = [*router.urls, re_path(r"^orders\.csv/?$", OrderExport.as_view({"get": "list"}), name="order-export")]
