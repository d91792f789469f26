"""The changes of products over HTTP, for whoever keeps a catalogue in step."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.change_feed import FeedPage, asked, feed_page
from api.openapi.operation import describe
from api.views import ApiViewSet
from common.changed_rows import PositionUnknown
from orders.api.products import ProductOut, product_out
from orders.models import Product
from orders.product_changes import (
    ProductChanges,
    ProductPosition,
    latest_product_position,
    product_changes_after,
)


class ProductChangePage(FeedPage[ProductOut], frozen=True, kw_only=True):
    """A page of products that have changed, as they are now."""


class ProductChangeViewSet(ApiViewSet[Product]):
    """Products that have changed, none left out, for whoever asks from time to time."""

    @describe(ProductChangePage, raises=(PositionUnknown,))
    def list(self, request: Request) -> Response:
        """Products that are new, were changed, or of which a price was set, was withdrawn or began.

        Without a cursor there are no results but a `resume`. Keep it, read `/products`, and then ask that address every
        now and then: it has what changed since, as it is now, and another `resume`. A product may be there more often
        than it changed.
        """
        cursor, size = asked(self, request, ProductPosition)
        changes = (
            ProductChanges([], latest_product_position(), more=False)
            if cursor is None
            else product_changes_after(cursor, limit=size)
        )
        results = [product_out(product) for product in changes.products]
        return Response(feed_page(request, ProductChangePage, results, position=changes.position, more=changes.more))
