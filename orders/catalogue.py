"""Products: what can be ordered, and at what price."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from common.caching import RefreshingCache
from orders.exceptions import ProductExists, UnknownProduct
from orders.models import Product

_MAX_CACHED = 100_000  # products


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product as orders need it: `unit_price` in `currency` for one unit, `tax_rate` a fraction."""

    sku: str
    name: str
    unit_price: Decimal
    currency: str
    tax_rate: Decimal


@transaction.atomic
def create_product(*, product: PricedProduct) -> Product:
    """Raises:
    ProductExists: its sku is taken.
    """
    try:
        with transaction.atomic():
            created = Product.objects.create(**asdict(product))
    except IntegrityError as error:
        raise ProductExists(product.sku) from error
    _forget_once_committed([product.sku])
    return created


@transaction.atomic
def change_product(*, sku: str, changes: Mapping[str, object]) -> Product:
    """Change some fields of a product, by name. Orders that are already placed keep what they were placed with.

    Raises:
        UnknownProduct: there is no such sku.
    """
    product = Product.objects.select_for_update().filter(pk=sku).first()
    if product is None:
        raise UnknownProduct(sku)
    for name, value in changes.items():
        setattr(product, name, value)
    product.save(update_fields=[*changes, "updated_at"])
    _forget_once_committed([sku])
    return product


@transaction.atomic
def upsert_products(products: Iterable[PricedProduct]) -> int:
    """Add products or bring them up to date; of several with one sku the last counts. Returns how many there were."""
    last = {product.sku: product for product in products}
    rows = [Product(**asdict(last[sku])) for sku in sorted(last)]  # in one order, against deadlocks
    Product.objects.bulk_create(
        rows,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["name", "unit_price", "currency", "tax_rate", "updated_at"],
    )
    _forget_once_committed(last)
    return len(rows)


def products_for(skus: Collection[str]) -> dict[str, PricedProduct]:
    """The products of these skus, those that there are.

    A change shows after `settings.CATALOGUE_CACHE_TTL` at most, and at once where this process made it.
    """
    return _cache.get_many(skus)


def _load(skus: Collection[str]) -> dict[str, PricedProduct]:
    rows = Product.objects.filter(pk__in=skus).values_list("sku", "name", "unit_price", "currency", "tax_rate")
    return {row[0]: PricedProduct(*row) for row in rows}


def _forget_once_committed(skus: Iterable[str]) -> None:
    transaction.on_commit(partial(_cache.forget, *skus), robust=True)


_cache: RefreshingCache[str, PricedProduct] = RefreshingCache(_load, settings.CATALOGUE_CACHE_TTL, _MAX_CACHED)
