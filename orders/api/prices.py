"""What a product has cost, costs, and will cost, over HTTP."""

import re
from datetime import datetime
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.openapi.operation import describe
from api.pagination import Page
from api.validation import parse_body
from api.views import ApiViewSet
from common.fields import Currency, Sku, Timestamp, UnitPrice
from common.money import DecimalText, format_price
from orders.api.products import normal_sku
from orders.catalogue import find_product
from orders.exceptions import (
    OwnPriceNeeded,
    PriceExists,
    PriceHolds,
    PriceInThePast,
    PriceWithdrawn,
    UnknownPrice,
)
from orders.models import Price, WithdrawnPrice
from orders.prices.changes import set_price
from orders.prices.withdrawals import withdraw_price

_ID = re.compile(r"[0-9]{1,18}")  # all of them are ids that a column can have


class PriceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A price from `valid_from` on, or from now on; null: not sold in this currency any more.

    Attributes:
        currency: left out: the product's own.
        valid_from: not past. Left out: now.
    """

    unit_price: UnitPrice | None
    currency: Currency | None = None
    valid_from: Timestamp | None = None


class WithdrawIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is asked: the address says which price."""


class PriceOut(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    unit_price: DecimalText | None
    currency: str
    price_list: str
    valid_from: datetime
    set_at: datetime
    actor: str | None  # only for those who may view prices: clients need not know each other


class WithdrawnPriceOut(PriceOut, frozen=True, kw_only=True):
    """A price that was withdrawn: `actor` had set it."""

    withdrawn_at: datetime
    withdrawn_by: str


class PricePage(Page[PriceOut], frozen=True, kw_only=True):
    """A page of prices."""


class PriceViewSet(ApiViewSet[Price]):
    """The prices of a product. One holds until the next of the same currency begins."""

    queryset = Price.objects.select_related("price_list")
    action_permissions = {"create": "orders.change_product", "withdraw": "orders.change_product"}
    path_types = {"sku": Sku, "id": int}
    example_body = {"unit_price": "5.25", "valid_from": "2031-01-01T00:00:00Z"}

    @describe(PricePage)
    def list(self, request: Request, sku: str) -> Response:
        """All prices, the last to begin first."""
        page = self.paginate_queryset(self.filter_queryset(self._of(sku)))
        whole = request.user.has_perm("orders.view_price")
        return self.get_paginated_response([price_out(price, whole=whole) for price in page or ()])

    @describe(
        PriceOut,
        status=HTTPStatus.CREATED,
        body=PriceIn,
        raises=(PriceInThePast, PriceExists, OwnPriceNeeded),
    )
    def create(self, request: Request, sku: str) -> Response:
        """Set a price. One that begins later is known to all processes before, and holds from that very moment."""
        asked = parse_body(request, PriceIn)
        return IdempotentRequest(request).once(partial(_set, request, normal_sku(sku), asked))

    @action(detail=True, methods=["post"], example_body={})
    @describe(WithdrawnPriceOut, body=WithdrawIn, raises=(UnknownPrice, PriceHolds, PriceWithdrawn))
    def withdraw(self, request: Request, sku: str, pk: str) -> Response:
        """Withdraw a price that has not begun. What held before it goes on holding; the withdrawal stays on record."""
        parse_body(request, WithdrawIn)
        return IdempotentRequest(request).once(partial(_withdraw, request, normal_sku(sku), _id(pk)))

    def _of(self, sku: str) -> QuerySet[Price]:
        return self.get_queryset().filter(product=find_product(normal_sku(sku)))


def _set(request: Request, sku: str, asked: PriceIn) -> Response:
    price = set_price(sku=sku, actor=request.user.get_username(), **msgspec.structs.asdict(asked))
    return Response(price_out(price, whole=True), status=HTTPStatus.CREATED)


def _withdraw(request: Request, sku: str, price_id: int) -> Response:
    return Response(withdrawn_out(withdraw_price(sku=sku, price_id=price_id, actor=request.user.get_username())))


def _id(text: str) -> int:
    """Raises:
    UnknownPrice: no price has such an id.
    """
    if not _ID.fullmatch(text):
        raise UnknownPrice
    return int(text)


def price_out(price: Price, *, whole: bool) -> PriceOut:
    """A price; not `whole`, it does not tell who set it."""
    return PriceOut(id=price.pk, **_as_it_was_set(price), actor=price.actor if whole else None)


def withdrawn_out(price: WithdrawnPrice) -> WithdrawnPriceOut:
    return WithdrawnPriceOut(
        id=price.price_id,
        **_as_it_was_set(price),
        actor=price.actor,
        withdrawn_at=price.withdrawn_at,
        withdrawn_by=price.withdrawn_by,
    )


def _as_it_was_set(price: Price | WithdrawnPrice) -> dict[str, Any]:
    currency = price.price_list.currency
    return {
        "unit_price": None if price.unit_price is None else format_price(Decimal(price.unit_price), currency),
        "currency": currency,
        "price_list": price.price_list_id,
        "valid_from": price.valid_from,
        "set_at": price.set_at,
    }
