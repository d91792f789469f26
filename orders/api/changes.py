"""The changes of orders over HTTP, for whoever keeps up with them without Kafka."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from api.change_feed import FeedPage, asked, feed_page
from api.openapi.operation import describe
from api.views import ApiViewSet
from common.changed_rows import PositionUnknown
from orders.api.rendering import order_urls
from orders.api.schemas import StatusText
from orders.changes import Changes, changes_after, latest_position
from orders.models import Order, TimelineEntry


class _Cursor(msgspec.Struct, forbid_unknown_fields=True):
    """The position after which changes are told."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class OrderChange(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an order, as its timeline has it.

    Attributes:
        status: what the order is now, which may be what a later step made it.
    """

    order_id: UUID
    url: str
    reference: str | None
    customer_id: str
    status: StatusText
    at: datetime
    event: str
    detail: dict[str, Any]


class OrderChangePage(FeedPage[OrderChange], frozen=True, kw_only=True):
    """A page of changes, oldest first."""


class OrderChanges(ApiViewSet[TimelineEntry]):
    """What happened to orders: each step once, none left out, for whoever asks from time to time."""

    list_actions = ("list",)

    @describe(OrderChangePage, raises=(PositionUnknown,))
    def list(self, request: Request) -> Response:
        """Changes of the status, the documents and the shipments of orders, oldest first.

        Without a cursor there are no results but a `resume`. Keep it, read the lists that you want to keep up with, and
        then ask that address every now and then: it has what changed since, and another `resume`. Each change is there
        once and none is left out; it shows a second after it was made, or later. Placing is no change of an order: it
        shows with what stock made of it, moments later.
        """
        cursor, size = asked(self, request, _Cursor)
        changes, position, more = (
            Changes([], latest_position(), more=False)
            if cursor is None
            else changes_after(cursor.after, reader=request.user, limit=size)
        )
        results = list(_shown(request, changes))
        return Response(feed_page(request, OrderChangePage, results, position=_Cursor(position), more=more))


def _shown(request: Request, changes: Sequence[TimelineEntry]) -> Iterator[OrderChange]:
    url_of = order_urls(request)
    for change in changes:
        order: Order = change.order
        yield OrderChange(
            order_id=order.pk,
            url=url_of(order.pk),
            reference=order.reference or None,
            customer_id=order.customer_id,
            status=order.status,
            at=change.at,
            event=change.event,
            detail=change.detail,
        )
