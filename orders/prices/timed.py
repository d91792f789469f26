"""Which of a product's prices holds when."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec


class TimedPrice(msgspec.Struct, frozen=True):
    """What a product costs in a currency from `valid_from` on; None: from then on it is not sold in it."""

    currency: str
    valid_from: datetime
    unit_price: Decimal | None


def price_at(prices: Iterable[TimedPrice], *, currency: str, at: datetime, now: datetime) -> Decimal | None:
    """The price in a currency at a time; None if there is none then.

    Before the first price that is known of a currency, that one holds, if it has begun by `now`: an order of long ago
    can be imported, and nothing is sold in a currency before its first price.

    Args:
        prices: those of one product, by their start.
    """
    first = holding = None
    for price in prices:
        if price.currency == currency:
            first = first or price
            if price.valid_from > at:
                break
            holding = price
    if holding is None and first is not None and first.valid_from <= now:
        holding = first
    return holding.unit_price if holding else None
