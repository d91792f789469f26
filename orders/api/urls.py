"""/orders and /products."""

from django.urls import URLPattern, URLResolver, re_path

from api.routers import Router
from orders.api.changes import OrderChanges
from orders.api.export import OrderExport
from orders.api.prices import PriceViewSet
from orders.api.product_changes import ProductChangeViewSet
from orders.api.products import ProductViewSet
from orders.api.views import OrderViewSet
from orders.history import EventsOf
from orders.lifecycle.fulfilling import CreditedUnsent


def order_paths(*, events_of: EventsOf, credited_unsent: CreditedUnsent) -> list[URLPattern | URLResolver]:
    """All paths; see OrderViewSet."""
    orders, catalogue = Router(given={"events_of": events_of, "credited_unsent": credited_unsent}), Router()
    orders.register("orders", OrderViewSet, basename="order")
    catalogue.register("products", ProductViewSet, basename="product")
    catalogue.register("product-changes", ProductChangeViewSet, basename="product-change")
    catalogue.register("products/(?P<sku>[^/]+)/prices", PriceViewSet, basename="price")
    export = re_path(r"^orders\.csv/?$", OrderExport.as_view({"get": "list"}), name="order-export")
    changes = re_path(r"^orders/changes/?$", OrderChanges.as_view({"get": "list"}), name="order-changes")
    return [*orders.urls, *catalogue.urls, export, changes]
