"""Orders over HTTP: views parse, call and answer."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from uuid import UUID

import structlog
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.openapi.operation import describe
from api.rate_limits.requests import charge
from api.validation import parse_body
from api.views import ApiViewSet
from common.errors import Overloaded
from orders.api.bulk import place_many
from orders.api.filters import OrderFilters
from orders.api.placing import place_one
from orders.api.rendering import orders_out, single_order_out
from orders.api.schemas import BulkIn, BulkOut, CancelIn, FulfilIn, OrderIn, OrderOut, OrderPage, ShippedOrderOut
from orders.api.steps import cancel, fulfil
from orders.exceptions import (
    LinesRefused,
    OrderNotCancellable,
    OrderNotFulfillable,
    OrderRefused,
    OutcomeUnknown,
    PriceNotAllowed,
    QuantityNotOpen,
    TooManyShipments,
)
from orders.history import EventsOf, OrderEventOut, ShipmentOut, TimelineItem, no_events, shipments_of, timeline_of
from orders.lifecycle.fulfilling import CreditedUnsent, nothing_was_credited
from orders.models import Order, OrderLine
from orders.selectors import visible_orders

_EXAMPLE = {"customer_id": "C-1001", "reference": "PO-4711", "lines": [{"sku": "20725", "quantity": 2}]}


class OrderViewSet(ApiViewSet[Order]):
    """Place orders, and see where each of them stands.

    Attributes:
        events_of: given where the routes are made, as orders does not know what the other apps made of its events.
        credited_unsent: given there as well, as orders does not know what was credited.
    """

    filterset_class = OrderFilters
    lookup_value_regex = "[0-9a-fA-F-]{32,36}"
    events_of: EventsOf = staticmethod(no_events)
    credited_unsent: CreditedUnsent = staticmethod(nothing_was_credited)
    path_types = {"id": UUID}
    row_weight = Subquery(OrderLine.objects.filter(order=OuterRef("pk")).order_by("-line_no").values("line_no")[:1])
    example_body = _EXAMPLE
    action_permissions = {"fulfil": "orders.fulfil_order"}

    def get_queryset(self) -> QuerySet[Order]:
        return visible_orders(self.request.user)

    @describe(
        OrderOut,
        status=HTTPStatus.CREATED,
        body=OrderIn,
        raises=(OrderRefused, PriceNotAllowed, Overloaded, OutcomeUnknown),
        headers=["Location"],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Place an order. It is stored when this answers; whether there is stock for it shows shortly after."""
        return place_one(request)

    @action(detail=False, methods=["post"], max_body_bytes=16 * 1024 * 1024, example_body={"orders": [_EXAMPLE]})
    @describe(BulkOut, body=BulkIn, raises=(Overloaded, OutcomeUnknown))
    def bulk(self, request: Request) -> HttpResponseBase:
        """Place up to 500 orders; each is accepted or refused by itself, and the accepted ones are stored together."""
        orders = parse_body(request, BulkIn).orders
        charge(request, max(len(orders) - 1, 0))
        return place_many(request, orders)

    @describe(OrderPage)
    def list(self, request: Request) -> Response:
        """Orders, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(orders_out(request, page or []))

    @describe(OrderOut)
    def retrieve(self, request: Request, pk: str) -> Response:
        """An order."""
        return Response(single_order_out(request, _visible(request, pk)))

    @action(detail=True, methods=["post"], example_body={"reason": "The customer changed their mind."})
    @describe(OrderOut, body=CancelIn, raises=(OrderNotCancellable,))
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel what is open of an order. What was sent already stays sent."""
        asked = parse_body(request, CancelIn)
        return IdempotentRequest(request).once(partial(cancel, request, _visible(request, pk), asked))

    @action(detail=True, methods=["post"], example_body={"lines": [{"line_no": 1, "quantity": 2}], "tracking": "1Z9"})
    @describe(
        ShippedOrderOut,
        body=FulfilIn,
        raises=(OrderNotFulfillable, LinesRefused, QuantityNotOpen, TooManyShipments),
    )
    def fulfil(self, request: Request, pk: str) -> Response:
        """Send goods of an order as a shipment: the given lines, or without lines all that is left and not credited."""
        asked = parse_body(request, FulfilIn)
        work = partial(fulfil, request, _visible(request, pk), asked, self.credited_unsent)
        return IdempotentRequest(request).once(work)

    @action(detail=True)
    @describe(Sequence[ShipmentOut])
    def shipments(self, request: Request, pk: str) -> Response:
        """What was sent of an order, oldest first."""
        return Response(shipments_of(_visible(request, pk)))

    @action(detail=True)
    @describe(Sequence[TimelineItem])
    def timeline(self, request: Request, pk: str) -> Response:
        """What happened to an order, oldest first."""
        sees_all = request.user.has_perm("orders.view_order")
        return Response(timeline_of(_visible(request, pk), reader=None if sees_all else request.user.get_username()))

    @action(detail=True)
    @describe(Sequence[OrderEventOut])
    def events(self, request: Request, pk: str) -> Response:
        """The events of an order, oldest first, with which consumer has handled each of them and when."""
        return Response(self.events_of(_visible(request, pk)))


def _visible(request: Request, pk: str) -> Order:
    """Raises:
    Http404: there is no such order, or it is somebody else's.
    """
    try:
        order = visible_orders(request.user).filter(pk=UUID(pk)).first()
    except ValueError:
        order = None
    if order is None:
        raise Http404(f"There is no order {pk}{_or_hidden(request)}.")
    structlog.contextvars.bind_contextvars(order_id=str(order.pk))
    return order


def _or_hidden(request: Request) -> str:
    """What an order may be that a client does not find: permissions to do something with others' let it see none."""
    return (
        "" if request.user.has_perm("orders.view_order") else " of yours: others take the permission orders.view_order"
    )
