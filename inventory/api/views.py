"""Stock over HTTP: views parse, call and answer."""

from functools import partial
from http import HTTPStatus
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.validation import parse_body
from api.views import ApiViewSet
from common.fields import parse_sku
from inventory.api.schemas import MovementIn, movement_out, stock_out
from inventory.exceptions import UnknownSku
from inventory.models import StockItem, StockMovement
from inventory.selectors import find_item, movements_of
from inventory.services import book_movement


class StockViewSet(ApiViewSet[Any]):  # stock items, and movements
    """What there is of each sku, and why."""

    queryset = StockItem.objects.all()
    lookup_field = "sku"
    list_actions = ("list", "movements")
    action_permissions = {"book": "inventory.add_stockmovement"}

    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Levels, by sku."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([stock_out(item) for item in page or ()])

    def retrieve(self, request: Request, sku: str) -> Response:  # noqa: ARG002
        """The levels of a sku."""
        return Response(stock_out(find_item(_normal(sku))))

    @action(detail=True, example_body={"kind": "receipt", "quantity": 100, "note": "Delivery 4711"})
    def movements(self, request: Request, sku: str) -> Response:
        """The ledger of a sku, newest first."""
        page = self.paginate_queryset(self.filter_queryset(movements_of(find_item(_normal(sku)))))
        whole = request.user.has_perm("inventory.view_stockmovement")
        return self.get_paginated_response([movement_out(movement, whole=whole) for movement in page or ()])

    @movements.mapping.post
    def book(self, request: Request, sku: str) -> Response:
        """Book goods that came in, or correct a level. A receipt makes a stock item of a sku that had none."""
        asked = parse_body(request, MovementIn)
        asked.check()
        return IdempotentRequest(request).once(partial(_book, request, _normal(sku), asked))


def _book(request: Request, sku: str, asked: MovementIn) -> Response:
    movement = book_movement(
        sku=sku,
        kind=StockMovement.Kind(asked.kind),
        quantity=asked.quantity,
        note=asked.note or "",
        actor=request.user.get_username(),
    )
    return Response(movement_out(movement, whole=True), status=HTTPStatus.CREATED)


def _normal(sku: str) -> str:
    """Raises:
    UnknownSku: nothing that looks like this can be one.
    """
    try:
        return parse_sku(sku)
    except ValueError:
        raise UnknownSku(sku) from None
