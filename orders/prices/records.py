"""What products cost, as it is recorded. Whoever records holds the locks of their rows, so that changes follow."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from orders.exceptions import PriceExists
from orders.models import Price, PriceList

Listed = tuple[str, str]  # a sku, and a currency

_AT_ONCE = 2000  # rows of a statement
_TICK = timedelta(microseconds=1)


class Start(NamedTuple):
    """Where a price begins: of which product, in the list of which currency, and when."""

    sku: str
    currency: str
    valid_from: datetime


def record_from_now(prices: Mapping[Listed, Decimal | None], *, actor: str) -> None:
    """Have these prices hold from now on; those that hold already are left as they are. None: not sold any more."""
    skus = {sku for sku, _ in prices}
    now = begin_of_change(skus)
    held = prices_held(skus, at=now)
    changed = {Start(*listed, now): price for listed, price in prices.items() if held.get(listed) != price}
    record_all(changed, set_at=now, actor=actor)


def record(start: Start, unit_price: Decimal | None, *, set_at: datetime, actor: str) -> Price:
    """Raises:
    PriceExists: another price begins there and then.
    """
    try:
        with transaction.atomic():
            (price,) = record_all({start: unit_price}, set_at=set_at, actor=actor)
    except IntegrityError as error:
        raise PriceExists(*start) from error
    return price


def record_all(prices: Mapping[Start, Decimal | None], *, set_at: datetime, actor: str) -> list[Price]:
    lists = _lists_of(start.currency for start in prices)
    return Price.objects.bulk_create(
        [
            Price(
                product_id=start.sku,
                price_list=lists[start.currency],
                unit_price=unit_price,
                valid_from=start.valid_from,
                set_at=set_at,
                actor=actor,
            )
            for start, unit_price in prices.items()
        ],
        batch_size=_AT_ONCE,
    )


def prices_held(skus: Collection[str], *, at: datetime) -> dict[Listed, Decimal | None]:
    """The prices of these products at a time, as far as any are recorded."""
    begun = Price.objects.filter(product__in=skus, valid_from__lte=at)
    held = begun.order_by("product", "price_list", "-valid_from").distinct("product", "price_list")
    rows = held.values_list("product_id", "price_list__currency", "unit_price")
    return {(sku, currency): unit_price for sku, currency, unit_price in rows}


def prices_beginning(times: Iterable[datetime], *, skus: Collection[str]) -> dict[Start, Decimal | None]:
    """The prices of these products that begin at one of these times."""
    rows = Price.objects.filter(product__in=skus, valid_from__in=set(times))
    columns = rows.values_list("product_id", "price_list__currency", "valid_from", "unit_price")
    return {Start(sku, currency, begins): unit_price for sku, currency, begins, unit_price in columns}


def begin_of_change(skus: Collection[str]) -> datetime:
    """Now; later than every change of these products before, also where another machine's clock is ahead of ours."""
    last = Price.objects.filter(product__in=skus).aggregate(last=Max("set_at"))["last"]
    now = timezone.now()
    return max(now, last + _TICK) if last else now


def _lists_of(currencies: Iterable[str]) -> dict[str, PriceList]:
    """The lists of these currencies; those that are not there yet are made."""
    wanted = set(currencies)
    lists = _known_lists(wanted)
    if missing := sorted(wanted - lists.keys()):
        new = [PriceList(code=currency, currency=currency) for currency in missing]
        PriceList.objects.bulk_create(new, ignore_conflicts=True)
        lists = _known_lists(wanted)
    return lists


def _known_lists(currencies: Collection[str]) -> dict[str, PriceList]:
    return {each.currency: each for each in PriceList.objects.filter(currency__in=currencies)}
