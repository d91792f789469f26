"""The changes of levels over HTTP, for whoever keeps what can be bought in step."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.change_feed import FeedPage, asked, feed_page
from api.openapi.operation import describe
from api.views import ApiViewSet
from common.changed_rows import PositionUnknown, RowPosition, settled_changes
from inventory.api.schemas import StockOut, stock_out
from inventory.models import StockItem


class StockChangePage(FeedPage[StockOut], frozen=True, kw_only=True):
    """A page of stock items that have changed, as they are now."""


class StockChangeViewSet(ApiViewSet[StockItem]):
    """Stock items that have changed, none left out, for whoever asks from time to time."""

    @describe(StockChangePage, raises=(PositionUnknown,))
    def list(self, request: Request) -> Response:
        """Stock items that are new, or whose levels, costs or reorder points have changed.

        Without a cursor there are no results but a `resume`. Keep it, read `/stock`, and then ask that address every
        now and then: it has what changed since, as it is now, and another `resume`. A sku may be there more often than
        it changed; of several changes since one last asked, the last one shows.
        """
        cursor, size = asked(self, request, RowPosition)
        settled = settled_changes()
        items, position, more = (
            ([], settled.position, False)
            if cursor is None
            else settled.after(cursor, StockItem.objects.all(), limit=size)
        )
        whole = request.user.has_perm("inventory.view_stockmovement")
        results = [stock_out(item, whole=whole) for item in items]
        return Response(feed_page(request, StockChangePage, results, position=position, more=more))
