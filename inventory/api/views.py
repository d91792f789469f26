"""Stock over HTTP: views parse, call and answer."""

from functools import partial
from http import HTTPStatus
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.openapi.operation import describe
from api.request_ids import trace_of
from api.validation import parse_body
from api.views import ApiViewSet
from common.fields import Sku, parse_sku
from inventory.api.schemas import (
    MovementIn,
    MovementOut,
    MovementPage,
    StockChange,
    StockOut,
    StockPage,
    StockTakeIn,
    StockTakeOut,
    movement_out,
    stock_out,
)
from inventory.bookings import Booking
from inventory.exceptions import BookingRefused, OnHandRefused, UnknownSku
from inventory.models import StockItem, StockMovement
from inventory.selectors import find_item, movements_of
from inventory.services import book, set_reorder_point, take_stock
from messaging.tracing import caused_by


class StockViewSet(ApiViewSet[Any]):  # stock items, and movements
    """What there is of each sku, and why."""

    queryset = StockItem.objects.all()
    lookup_field = "sku"
    path_types = {"sku": Sku}
    list_actions = ("list", "movements")
    action_permissions = {"book": "inventory.add_stockmovement", "partial_update": "inventory.change_stockitem"}

    @property
    def example_body(self) -> dict[str, Any]:
        if self.action == "partial_update":
            return {"reorder_point": 20}
        return {"kind": "receipt", "quantity": 100, "document": "Delivery 4711", "unit_cost": "2.10", "currency": "GBP"}

    @describe(StockPage)
    def list(self, request: Request) -> Response:
        """Levels, by sku."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        whole = _sees_all(request)
        return self.get_paginated_response([stock_out(item, whole=whole) for item in page or ()])

    @describe(StockOut)
    def retrieve(self, request: Request, sku: str) -> Response:
        """The levels of a sku."""
        return Response(stock_out(find_item(_normal(sku)), whole=_sees_all(request)))

    @describe(StockOut, body=StockChange)
    def partial_update(self, request: Request, sku: str) -> Response:
        """Say at how many available units it is time to order more."""
        asked = parse_body(request, StockChange)
        normal = _normal(sku)
        with caused_by(trace_of(request), normal):
            item = set_reorder_point(sku=normal, reorder_point=asked.reorder_point)
        return Response(stock_out(item, whole=_sees_all(request)))

    @action(detail=True)
    @describe(MovementPage)
    def movements(self, request: Request, sku: str) -> Response:
        """The ledger of a sku, newest first."""
        page = self.paginate_queryset(self.filter_queryset(movements_of(find_item(_normal(sku)))))
        whole = _sees_all(request)
        return self.get_paginated_response([movement_out(movement, whole=whole) for movement in page or ()])

    @movements.mapping.post
    @describe(MovementOut, status=HTTPStatus.CREATED, body=MovementIn, raises=(BookingRefused, OnHandRefused))
    def book(self, request: Request, sku: str) -> Response:
        """Book goods that came in, or adjust a level. A receipt makes a stock item of a sku that had none."""
        asked = parse_body(request, MovementIn)
        booking = asked.booking(sku=_normal(sku), actor=request.user.get_username())
        return IdempotentRequest(request).once(partial(_book, request, booking))


class StockTakeViewSet(ApiViewSet[StockMovement]):
    """What a stock-take found: levels are brought to what was counted, all of them or none."""

    queryset = StockMovement.objects.none()
    action_permissions = {"create": "inventory.add_stockmovement"}
    example_body = {"document": "Stock-take 2026-07", "lines": [{"sku": "20725", "counted": 4990}]}

    @describe(StockTakeOut, status=HTTPStatus.CREATED, body=StockTakeIn, raises=(BookingRefused, OnHandRefused))
    def create(self, request: Request) -> Response:
        """Book a stock-take."""
        counts = parse_body(request, StockTakeIn).bookings(actor=request.user.get_username())
        return IdempotentRequest(request).once(partial(_take_stock, request, counts))


def _book(request: Request, booking: Booking) -> Response:
    with caused_by(trace_of(request), booking.sku):
        movement = book(booking=booking)
    return Response(movement_out(movement, whole=True), status=HTTPStatus.CREATED)


def _take_stock(request: Request, counts: list[Booking]) -> Response:
    try:
        with caused_by(trace_of(request), *(count.sku for count in counts)):
            movements = take_stock(counts=counts)
    except BookingRefused as refused:
        raise type(refused)(refused.refused, pointer="/lines/{index}/{field}") from None
    out = StockTakeOut(movements=[movement_out(movement, whole=True) for movement in movements])
    return Response(out, status=HTTPStatus.CREATED)


def _sees_all(request: Request) -> bool:
    return request.user.has_perm("inventory.view_stockmovement")


def _normal(sku: str) -> str:
    """Raises:
    UnknownSku: nothing that looks like this can be one.
    """
    try:
        return parse_sku(sku)
    except ValueError:
        raise UnknownSku(sku) from None
