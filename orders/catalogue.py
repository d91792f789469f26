"""Products: what can be ordered, and at what price."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.caching import RefreshingCache
from common.fields import DEFAULT_UNIT
from orders import statements
from orders.exceptions import ProductExists, ProductRefused, UnknownProduct
from orders.models import Product
from orders.prices.records import Listed, prices_held, record_from_now
from orders.prices.timed import TimedPrice, price_at
from orders.tax_category import TaxedProduct, problems_of_taxation

_MAX_CACHED = 100_000  # products
_AT_ONCE = 2000  # products of a statement
# Of a product, by the same names as in its row.
_FIELDS = (
    *("sku", "name", "unit_price", "currency", "tax_rate"),
    *("unit_code", "tax_category", "tax_reason_code", "tax_reason"),
)
_DESCRIPTION = tuple(name for name in _FIELDS if name not in ("sku", "unit_price", "currency"))
_EVER = datetime(1, 1, 1, tzinfo=UTC)

_decode_prices = msgspec.json.Decoder(tuple[TimedPrice, ...]).decode


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product as orders need it: `unit_price` in `currency` for one unit, `tax_rate` a fraction.

    For `unit_code` and what begins with `tax_`, see Product; how that is taxed, orders.tax_category says.

    Attributes:
        prices: what it costs when and in which currency, by start; none: `unit_price` in `currency`, and nothing else.
    """

    sku: str
    name: str
    unit_price: Decimal
    currency: str
    tax_rate: Decimal
    unit_code: str = DEFAULT_UNIT
    tax_category: str = ""
    tax_reason_code: str = ""
    tax_reason: str = ""
    prices: tuple[TimedPrice, ...] = ()

    def price_in(self, currency: str, at: datetime) -> Decimal | None:
        """What one unit costs in a currency at a time; None: it is not sold in it then."""
        if not self.prices:
            return self.unit_price if currency == self.currency else None
        return price_at(self.prices, currency=currency, at=at, now=timezone.now())

    def currencies(self, at: datetime) -> list[str]:
        """The currencies in which it is sold at a time, its own first."""
        others = sorted({price.currency for price in self.prices} - {self.currency})
        return [self.currency, *(currency for currency in others if self.price_in(currency, at) is not None)]


@transaction.atomic
def create_product(*, product: PricedProduct, actor: str) -> Product:
    """Raises:
    ProductExists: its sku is taken.
    ProductRefused: its tax is contradictory.
    """
    _check_taxation(product)
    try:
        with transaction.atomic():
            created = Product.objects.create(**_columns(product))
    except IntegrityError as error:
        raise ProductExists(product.sku) from error
    record_from_now({(product.sku, product.currency): product.unit_price}, actor=actor)
    forget_once_committed([product.sku])
    return created


@transaction.atomic
def change_product(*, sku: str, changes: Mapping[str, object], actor: str) -> Product:
    """Change some fields of a product, by name. Orders that are already placed keep what they were placed with.

    A price holds from now on. With another currency, it is no longer sold in the one before.

    Raises:
        UnknownProduct: there is no such sku.
        ProductRefused: its tax would be contradictory.
    """
    product = locked_product(sku)
    before = product.currency
    for name, value in changes.items():
        setattr(product, name, value)
    _check_taxation(product)
    if product.currency != before and "unit_price" not in changes:
        product.unit_price = _price_carried_over(product, formerly=before)
    product.save(update_fields=[*changes, "unit_price", "updated_at"])
    if "unit_price" in changes or "currency" in changes:
        record_from_now(_prices_of(product, formerly=before), actor=actor)
    forget_once_committed([sku])
    return product


@transaction.atomic
def upsert_products(products: Iterable[PricedProduct], *, actor: str) -> int:
    """Add products or bring them up to date; of several with one sku the last counts. Returns how many there were."""
    last = {product.sku: product for product in products}
    skus = sorted(last)  # in one order, against deadlocks
    for start in range(0, len(skus), _AT_ONCE):
        _upsert([Product(**_columns(last[sku])) for sku in skus[start : start + _AT_ONCE]], actor=actor)
    forget_once_committed(last)
    return len(last)


def describe(rows: Mapping[Product, PricedProduct]) -> None:
    """Bring these rows up to date, except for their prices. The caller holds their locks."""
    for row, product in rows.items():
        for name in _DESCRIPTION:
            setattr(row, name, getattr(product, name))
        row.updated_at = timezone.now()
    Product.objects.bulk_update(rows, [*_DESCRIPTION, "updated_at"], batch_size=_AT_ONCE)


def find_product(sku: str) -> Product:
    """A product, with what it costs now.

    Raises:
        UnknownProduct: there is no such sku.
    """
    product = Product.objects.with_price_now().filter(pk=sku).first()
    if product is None:
        raise UnknownProduct(sku)
    return product


def locked_product(sku: str) -> Product:
    """A product that nobody else changes until the caller's transaction ends.

    Raises:
        UnknownProduct: there is no such sku.
    """
    product = Product.objects.select_for_update().filter(pk=sku).first()
    if product is None:
        raise UnknownProduct(sku)
    return product


def locked_products(skus: Collection[str]) -> dict[str, Product]:
    """The products of these skus that exist, which nobody else changes until the caller's transaction ends."""
    ordered = sorted(skus)  # in one order, against deadlocks
    found: dict[str, Product] = {}
    for start in range(0, len(ordered), _AT_ONCE):
        rows = Product.objects.select_for_update().filter(pk__in=ordered[start : start + _AT_ONCE])
        found |= {row.sku: row for row in rows.order_by("pk")}
    return found


def products_for(skus: Collection[str]) -> dict[str, PricedProduct]:
    """The products of these skus, those that there are, with the prices that hold now or begin later.

    A change shows after `settings.CATALOGUE_CACHE_TTL` at most, and at once where this process made it. A price that
    was known before it begins holds from that very moment.
    """
    return _cache.get_many(skus)


def products_with_history(skus: Collection[str]) -> dict[str, PricedProduct]:
    """The same products as `products_for`, with all prices that they ever had."""
    return _history.get_many(skus)


def forget_once_committed(skus: Iterable[str]) -> None:
    """Have this process read these products anew once the caller's transaction has changed them."""
    skus = list(skus)
    transaction.on_commit(partial(_cache.forget, *skus), robust=True)
    transaction.on_commit(partial(_history.forget, *skus), robust=True)


def _check_taxation(product: TaxedProduct) -> None:
    if problems := list(problems_of_taxation(product)):
        raise ProductRefused(problems)


def _upsert(rows: Sequence[Product], *, actor: str) -> None:
    known = Product.objects.select_for_update().filter(pk__in=[row.sku for row in rows]).order_by("pk")
    currencies = dict(known.values_list("sku", "currency"))
    Product.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["sku"], update_fields=[*_FIELDS[1:], "updated_at"]
    )
    prices: dict[Listed, Decimal | None] = {}
    for row in rows:
        prices |= _prices_of(row, formerly=currencies.get(row.sku, row.currency))
    record_from_now(prices, actor=actor)


def _price_carried_over(product: Product, *, formerly: str) -> Decimal:
    """What a product costs in its new currency: what it has cost in it so far, or else the same number as before."""
    held = prices_held([product.sku], at=timezone.now())
    prices = (held.get((product.sku, currency)) for currency in (product.currency, formerly))
    return next((price for price in prices if price is not None), product.unit_price)


def _columns(product: PricedProduct) -> dict[str, Any]:
    return {name: getattr(product, name) for name in _FIELDS}


def _prices_of(product: Product, *, formerly: str) -> dict[Listed, Decimal | None]:
    """The price of a product's row in its currency; in the one before, if that was another, it has none any more."""
    return {(product.sku, formerly): None, (product.sku, product.currency): product.unit_price}


def _load(skus: Collection[str], *, since: datetime | None = None) -> dict[str, PricedProduct]:
    now = timezone.now()
    rows = statements.priced_products(skus, since or now)
    products = (PricedProduct(*columns, _decode_prices(prices)) for *columns, prices in rows)  # type: ignore[call-arg]
    return {product.sku: _priced(product, now) for product in products}


def _priced(product: PricedProduct, now: datetime) -> PricedProduct:
    """A loaded product with what it costs now, and without `prices` where there is nothing else to know."""
    own = product.currency
    if not any(price.currency == own and price.valid_from <= now for price in product.prices):
        product = replace(product, prices=(TimedPrice(own, _EVER, product.unit_price), *product.prices))
    unit_price = product.price_in(own, now)
    assert unit_price is not None, "OwnPriceNeeded"
    return replace(product, unit_price=unit_price, prices=product.prices if len(product.prices) > 1 else ())


_cache: RefreshingCache[str, PricedProduct] = RefreshingCache(_load, settings.CATALOGUE_CACHE_TTL, _MAX_CACHED)
_history: RefreshingCache[str, PricedProduct] = RefreshingCache(
    partial(_load, since=_EVER), settings.CATALOGUE_CACHE_TTL, _MAX_CACHED
)
