"""What orders cost, against the prices that were set."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tests.chaos.finding import Finding
from tests.chaos.stored import StoredOrder, StoredPrice

# A price may be late by CATALOGUE_CACHE_TTL in a process that has not set it, and a process may be frozen for a while
# between pricing and storing. One that was set this long before it begins is late nowhere.
LATE = timedelta(seconds=20)


def judge_prices(orders: Iterable[StoredOrder], prices: Iterable[StoredPrice]) -> Iterator[Finding]:
    """Each line costs what held when its order was placed; but for a price that was set shortly before."""
    lists: dict[str, list[StoredPrice]] = defaultdict(list)
    for price in sorted(prices, key=lambda price: price.valid_from):
        lists[price.sku].append(price)
    for order in orders:
        for line in order.ordered:
            held = set(_held(lists[line.sku], order.placed_at))
            if held and line.unit_price not in held:
                detail = f"{line.sku} for {line.unit_price} at {order.placed_at}, when it cost {sorted(held)}"
                yield Finding("altered", order.id, detail)


def _held(prices: Sequence[StoredPrice], at: datetime) -> Iterator[Decimal]:
    """The price that held at a time, and those before it that may still be charged."""
    place = bisect_right(prices, at, key=lambda price: price.valid_from)
    for price in reversed(prices[:place]):
        yield price.unit_price
        if price.valid_from - price.set_at >= LATE or price.valid_from <= at - LATE:
            return
