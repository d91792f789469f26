"""Giving a requested order its prices, tax and totals: snapshots of the catalogue as it is when the order is placed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from django.conf import settings
from django.utils import timezone

from common.errors import FieldError
from common.money import smallest_unit
from messaging.events import new_id
from orders.catalogue import PricedProduct
from orders.events import Line, OrderPlaced, OrderSnapshot
from orders.exceptions import OrderRefused
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.tax_category import Sale, Taxation, sale_of, taxation_as_told, taxation_of
from orders.totals import line_net, strip_trailing_zeros, total_up

# What an order keeps as it was requested; the rest is priced, or set at this moment.
_AS_REQUESTED = tuple(
    name
    for name in OrderRequest.__struct_fields__
    if name in OrderSnapshot.__struct_fields__ and name not in ("lines", "currency", "placed_at")
)


class _Line(msgspec.Struct, frozen=True):
    """A requested line with its number and the product that it names."""

    line_no: int
    requested: LineRequest
    product: PricedProduct


def price(request: OrderRequest, products: Mapping[str, PricedProduct]) -> Draft:
    """The order as it will be stored.

    Args:
        products: by sku; a sku of the order that is not in it is unknown.

    Raises:
        OrderRefused: names every line with an unknown sku, and those that are not sold in the order's currency.
    """
    placed_at = request.placed_at or timezone.now()
    lines = _matched(request, products)
    if len(lines) < len(request.lines):
        raise OrderRefused(_wrong(request, products, placed_at))
    currency = request.currency or lines[0].product.currency
    unit = _unit(currency)
    sale = _sale(request)
    taxations = [taxation_as_told(line.requested.taxation, taxation_of(line.product, sale)) for line in lines]
    priced = [
        _priced(line, unit_price, taxed, unit)
        for line, taxed in zip(lines, taxations, strict=True)
        if (unit_price := line.product.price_in(currency, placed_at)) is not None
    ]
    if len(priced) < len(lines):
        raise OrderRefused(_wrong(request, products, placed_at))
    totals = total_up([(line.net, taxed) for line, taxed in zip(priced, taxations, strict=True)], unit)
    order = OrderPlaced(
        order_id=new_id(),
        currency=currency,
        lines=priced,
        placed_at=placed_at,
        **{name: getattr(request, name) for name in _AS_REQUESTED},
        **msgspec.structs.asdict(totals),
    )
    return Draft(order=order, source=request.source, trace=request.trace)


def wrong_lines(
    skus: Mapping[int, str],
    products: Mapping[str, PricedProduct],
    *,
    currency: str | msgspec.UnsetType | None,
    at: datetime,
) -> Iterator[FieldError]:
    """Says of lines that there is no such product, or in which currencies it is sold instead of the order's.

    Args:
        skus: by the index of the line.
        currency: None if it is that of the first line's product; UNSET if nobody knows.
    """
    wanted, whose = currency or "", "the order is"
    if currency is None and (first := products.get(skus.get(0, ""))):
        wanted, whose = first.currency, f"the first line, {first.sku}, is"
    for index, sku in skus.items():
        product = products.get(sku)
        if product is None:
            yield FieldError(f"/lines/{index}/sku", f"there is no product {sku}")
        elif wanted and product.price_in(wanted, at) is None:
            sold_in = " and ".join(product.currencies(at))
            yield FieldError(f"/lines/{index}/sku", f"{sku} is sold in {sold_in}, {whose} in {wanted}")


def skus_of(orders: Iterable[OrderRequest | OrderPlaced]) -> set[str]:
    return {line.sku for order in orders for line in order.lines}


def _matched(request: OrderRequest, products: Mapping[str, PricedProduct]) -> list[_Line]:
    """The lines of which there is a product."""
    return [
        _Line(line_no, line, product)
        for line_no, line in enumerate(request.lines, start=1)
        if (product := products.get(line.sku)) is not None
    ]


def _wrong(request: OrderRequest, products: Mapping[str, PricedProduct], at: datetime) -> Iterator[FieldError]:
    skus = {index: line.sku for index, line in enumerate(request.lines)}
    return wrong_lines(skus, products, currency=request.currency, at=at)


def _unit(currency: str) -> Decimal:
    unit = smallest_unit(currency)
    if unit is None:
        raise OrderRefused([FieldError("/currency", f"{currency} is not a currency of ISO 4217")])
    return unit


def _sale(request: OrderRequest) -> Sale | None:
    """From where to where; None where the order has no address, or the issuer's is not known in parts."""
    country = settings.INVOICE_ISSUER.get("country")
    if request.bill_to is None or country is None:
        return None
    postal_code = settings.INVOICE_ISSUER.get("postal_code")
    return sale_of(
        issuer_country=country, issuer_postal_code=postal_code, bill_to=request.bill_to, ship_to=request.ship_to
    )


def _priced(line: _Line, price: Decimal, taxed: Taxation, unit: Decimal) -> Line:
    requested = line.requested
    unit_price = price if requested.unit_price is None else requested.unit_price
    return Line(
        line_no=line.line_no,
        sku=line.product.sku,
        name=requested.name or line.product.name,
        quantity=requested.quantity,
        unit_price=strip_trailing_zeros(unit_price, unit),
        tax_rate=strip_trailing_zeros(taxed.rate),
        net=line_net(quantity=requested.quantity, unit_price=unit_price, unit=unit),
        unit_code=requested.unit_code or line.product.unit_code,
        tax_category=taxed.category,
    )
