"""Withdrawing prices that have not begun: they are gone as if never set, and stay on record as withdrawn."""

from django.conf import settings
from django.db import IntegrityError, transaction

from orders.catalogue import forget_once_committed, locked_product
from orders.exceptions import PriceHolds, PriceWithdrawn, UnknownPrice
from orders.models import Price, WithdrawnPrice
from orders.prices.records import begin_of_change

_AS_IT_WAS_SET = ("product_id", "price_list_id", "unit_price", "valid_from", "set_at", "actor")


@transaction.atomic
def withdraw_price(*, sku: str, price_id: int, actor: str) -> WithdrawnPrice:
    """Withdraw a price that has not begun; what held before it, or begins before it, goes on holding.

    Each process that places orders knows the prices to come, and of a change within `settings.CATALOGUE_CACHE_TTL`: a
    price that begins within that time counts as begun. So no order is ever placed at a price that is withdrawn.

    Raises:
        UnknownProduct: there is no such sku.
        UnknownPrice: the product has no such price.
        PriceWithdrawn: it was withdrawn before.
        PriceHolds: it has begun, or is about to.
    """
    locked_product(sku)
    price = Price.objects.select_related("price_list").filter(pk=price_id, product=sku).first()
    if price is None:
        raise PriceWithdrawn if _is_withdrawn(sku, price_id) else UnknownPrice
    now = begin_of_change([sku])
    if price.valid_from <= now + settings.CATALOGUE_CACHE_TTL:
        raise PriceHolds(price.valid_from)
    withdrawn = WithdrawnPrice.objects.create(
        price_id=price_id,
        **{name: getattr(price, name) for name in _AS_IT_WAS_SET},
        withdrawn_at=now,
        withdrawn_by=actor,
    )
    try:
        price.delete()
    except IntegrityError as error:  # by the clock of the database it has begun
        raise PriceHolds(price.valid_from) from error
    forget_once_committed([sku])
    return withdrawn


def _is_withdrawn(sku: str, price_id: int) -> bool:
    return WithdrawnPrice.objects.filter(pk=price_id, product=sku).exists()
