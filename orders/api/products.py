"""The catalogue over HTTP."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.openapi.operation import describe
from api.pagination import Page
from api.validation import parse_body
from api.views import ApiViewSet
from common.fields import (
    DEFAULT_UNIT,
    Currency,
    ProductCategory,
    ReasonCode,
    Sku,
    TaxRate,
    Text200,
    UnitCode,
    UnitPrice,
    parse_sku,
)
from common.money import DecimalText, format_price, plain_text
from orders.catalogue import PricedProduct, change_product, create_product, find_product
from orders.exceptions import ProductExists, ProductRefused, UnknownProduct
from orders.models import Product


class ProductIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be ordered.

    Attributes:
        unit_price: without tax, from now on.
        tax_category: left out: S, or Z at a rate of 0.
        tax_reason_code: why another category than S and Z holds.
        tax_reason: the same in words, as on the invoice.
    """

    sku: Sku
    name: Text200
    unit_price: UnitPrice
    currency: Currency
    tax_rate: TaxRate
    unit_code: UnitCode = DEFAULT_UNIT
    tax_category: ProductCategory | None = None
    tax_reason_code: ReasonCode | None = None
    tax_reason: Text200 | None = None


class ProductChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only the fields that are to change; a sku stays what it is.

    Attributes:
        unit_price: without tax, from now on.
        currency: the product's own from now on, instead of the one before, in which it is sold no more. Without
            `unit_price` it costs what it has cost in this currency so far, or else the same number as before.
        tax_category: null: S, or Z at a rate of 0.
        tax_reason_code: why another category than S and Z holds.
        tax_reason: the same in words, as on the invoice.
    """

    name: Text200 | msgspec.UnsetType = msgspec.UNSET
    unit_price: UnitPrice | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    tax_rate: TaxRate | msgspec.UnsetType = msgspec.UNSET
    unit_code: UnitCode | msgspec.UnsetType = msgspec.UNSET
    tax_category: ProductCategory | msgspec.UnsetType | None = msgspec.UNSET
    tax_reason_code: ReasonCode | msgspec.UnsetType | None = msgspec.UNSET
    tax_reason: Text200 | msgspec.UnsetType | None = msgspec.UNSET


class ProductOut(msgspec.Struct, frozen=True):
    sku: str
    name: str
    unit_price: DecimalText
    currency: str
    tax_rate: DecimalText
    unit_code: str
    tax_category: str | None
    tax_reason_code: str | None
    tax_reason: str | None


class ProductPage(Page[ProductOut], frozen=True, kw_only=True):
    """A page of products."""


class ProductViewSet(ApiViewSet[Product]):
    """What can be ordered, with the price that holds now. A change touches no order that is already placed."""

    ordering = ["sku"]
    lookup_field = "sku"
    path_types = {"sku": Sku}
    action_permissions = {"create": "orders.add_product", "partial_update": "orders.change_product"}

    @property
    def example_body(self) -> dict[str, str]:
        if self.action == "partial_update":
            return {"unit_price": "5.25"}
        return {"sku": "TEA-1", "name": "Assam tea, 250 g", "unit_price": "4.95", "currency": "GBP", "tax_rate": "0.2"}

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.with_price_now()

    @describe(ProductPage)
    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Products, by sku."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([product_out(product) for product in page or ()])

    @describe(ProductOut)
    def retrieve(self, request: Request, sku: str) -> Response:  # noqa: ARG002
        """A product."""
        return Response(product_out(find_product(normal_sku(sku))))

    @describe(
        ProductOut,
        status=HTTPStatus.CREATED,
        body=ProductIn,
        raises=(ProductRefused, ProductExists),
        headers=["Location"],
    )
    def create(self, request: Request) -> Response:
        """Add a product."""
        asked = parse_body(request, ProductIn)
        return IdempotentRequest(request).once(partial(self._create, request, asked))

    def _create(self, request: Request, asked: ProductIn) -> Response:
        location = self.reverse_action("detail", kwargs={"sku": asked.sku})
        product = PricedProduct(**_as_columns(msgspec.structs.asdict(asked)))
        create_product(product=product, actor=request.user.get_username())
        return Response(product_out(find_product(asked.sku)), status=HTTPStatus.CREATED, headers={"Location": location})

    @describe(ProductOut, body=ProductChange, raises=(ProductRefused,))
    def partial_update(self, request: Request, sku: str) -> Response:
        """Change fields of a product. A price holds from now on."""
        asked = msgspec.structs.asdict(parse_body(request, ProductChange))
        changes = _as_columns({name: value for name, value in asked.items() if value is not msgspec.UNSET})
        product = change_product(sku=normal_sku(sku), changes=changes, actor=request.user.get_username())
        return Response(product_out(find_product(product.sku)))


def product_out(product: Product) -> ProductOut:
    """A product that was read `with_price_now`."""
    return ProductOut(
        sku=product.sku,
        name=product.name,
        unit_price=format_price(product.price_now, product.currency),
        currency=product.currency,
        tax_rate=plain_text(product.tax_rate),
        unit_code=product.unit_code,
        tax_category=product.tax_category or None,
        tax_reason_code=product.tax_reason_code or None,
        tax_reason=product.tax_reason or None,
    )


def _as_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as a product's row has them: what is absent is an empty text."""
    return {name: "" if value is None else value for name, value in fields.items()}


def normal_sku(sku: str) -> str:
    """Raises:
    UnknownProduct: nothing that looks like this can be one.
    """
    try:
        return parse_sku(sku)
    except ValueError:
        raise UnknownProduct(sku) from None
