"""Stock as a CSV file over HTTP."""

from django.http import HttpResponseBase
from rest_framework.request import Request

from api.exporting import MEDIA_TYPE, ExportViewSet
from api.openapi.operation import describe
from inventory.export import stock_csv
from inventory.models import StockItem


class StockExport(ExportViewSet[StockItem]):
    """The levels of all skus, and what they cost for those who may view movements."""

    queryset = StockItem.objects.all()

    @describe(str, media_types=[MEDIA_TYPE], headers=["Content-Disposition"])
    def list(self, request: Request) -> HttpResponseBase:
        """Levels, by sku."""
        whole = request.user.has_perm("inventory.view_stockmovement")
        return self.respond(request, stock_csv(self.filter_queryset(self.get_queryset()), whole=whole), "stock.csv")
