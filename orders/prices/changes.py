"""Setting what products cost, from now on or from a time to come, in their own currency or in another."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from common.errors import OrderflowError
from orders.catalogue import PricedProduct, describe, forget_once_committed, locked_product, locked_products
from orders.exceptions import OwnPriceNeeded, PriceInThePast
from orders.models import Price
from orders.prices.records import Start, begin_of_change, prices_beginning, record, record_all

_NEW = "is for products that are there: a new one takes a price that holds now"
_TAKEN = "is when another price begins already"


class StartsRefused(OrderflowError):
    """Prices of a catalogue can't begin when they are to.

    Attributes:
        reasons: by sku.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{sku}: {reason}" for sku, reason in reasons.items()))
        self.reasons = reasons


@transaction.atomic
def set_price(
    *,
    sku: str,
    unit_price: Decimal | None,
    actor: str,
    currency: str | None = None,
    valid_from: datetime | None = None,
) -> Price:
    """Have a product cost this from a time on. A price that is set to begin later begins all the same.

    Args:
        unit_price: None: it is not sold in this currency any more.
        currency: None: the product's own.
        valid_from: None: from now on.

    Raises:
        UnknownProduct: there is no such sku.
        PriceInThePast: `valid_from` is over.
        PriceExists: a price begins at this time already.
        OwnPriceNeeded: it has to have a price in its own currency.
    """
    product = locked_product(sku)
    currency = currency or product.currency
    if unit_price is None and currency == product.currency:
        raise OwnPriceNeeded(sku, currency)
    set_at = begin_of_change([sku])
    if valid_from is not None and valid_from < set_at:
        raise PriceInThePast
    price = record(Start(sku, currency, valid_from or set_at), unit_price, set_at=set_at, actor=actor)
    if valid_from is None and unit_price is not None and currency == product.currency:
        product.unit_price = unit_price
        product.save(update_fields=["unit_price", "updated_at"])
    forget_once_committed([sku])
    return price


@transaction.atomic
def begin_prices(starts: Mapping[PricedProduct, datetime], *, actor: str) -> None:
    """Bring products up to date at once, except for their prices, which begin when they are to. Safe to repeat.

    Raises:
        StartsRefused: names every product whose price can't; nothing was changed.
    """
    skus = sorted(product.sku for product in starts)
    rows = locked_products(skus)
    set_at = begin_of_change(skus)
    there = prices_beginning(starts.values(), skus=skus)
    wanted = {Start(each.sku, each.currency, at): each.unit_price for each, at in starts.items()}
    new = {start: price for start, price in wanted.items() if there.get(start) != price}
    if reasons := dict(_refused(new, known=rows, there=there, now=set_at)):
        raise StartsRefused(reasons)
    describe({rows[product.sku]: product for product in starts})
    record_all(new, set_at=set_at, actor=actor)
    forget_once_committed(skus)


def _refused(
    starts: Collection[Start], *, known: Collection[str], there: Collection[Start], now: datetime
) -> Iterator[tuple[str, str]]:
    for start in starts:
        if start.sku not in known:
            yield start.sku, _NEW
        elif start in there:
            yield start.sku, _TAKEN
        elif start.valid_from < now:
            yield start.sku, PriceInThePast.REASON
