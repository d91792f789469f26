"""Orders as a CSV file over HTTP."""

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.request import Request

from api.exporting import MEDIA_TYPE, ExportViewSet
from api.openapi.operation import describe
from orders.api.filters import OrderFilters
from orders.export import order_csv
from orders.models import Order
from orders.selectors import visible_orders


class OrderExport(ExportViewSet[Order]):
    """The lines of all orders of a list, as import_orders takes them."""

    filterset_class = OrderFilters

    def get_queryset(self) -> QuerySet[Order]:
        return visible_orders(self.request.user)

    @describe(str, media_types=[MEDIA_TYPE], headers=["Content-Disposition"])
    def list(self, request: Request) -> HttpResponseBase:
        """Orders, newest first, a row for each line."""
        return self.respond(request, order_csv(self.filter_queryset(self.get_queryset())), "orders.csv")
