"""What a look-up in the cache costs: `common/caching.py`, and dogpile.cache with its memory backend.

    .venv/bin/python -m benchmarks.caching

No database: three keys, as the prices of an order of three lines, whose values are in memory. The exit status is 1 if
our own cache is not worth its code (docs/decisions/0023-a-cache-of-our-own.md).
"""

import sys
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from statistics import median

KEYS = ("BENCH-0001", "BENCH-0002", "BENCH-0003")
ROUNDS, TIMES = 9, 2000
WORTH = 10  # times as fast as the library


def lookups() -> Mapping[str, Callable[[], object]]:
    """The same look-up by each cache."""
    from dogpile.cache import make_region

    from common.caching import RefreshingCache

    def load(keys: Collection[str]) -> dict[str, str]:
        return {key: f"price of {key}" for key in keys}

    ours = RefreshingCache(load, timedelta(hours=1), max_size=1000)
    region = make_region().configure("dogpile.cache.memory", expiration_time=3600)
    return {
        "RefreshingCache.get_many": lambda: ours.get_many(KEYS),
        "dogpile: region.get_or_create_multi": lambda: region.get_or_create_multi(
            KEYS, lambda *keys: list(load(keys).values())
        ),
        "dogpile: region.get_or_create, three times": lambda: [
            region.get_or_create(key, lambda key=key: load([key])[key]) for key in KEYS
        ],
    }


def measure() -> Mapping[str, float]:
    """Microseconds of a look-up of all keys, medians of the rounds."""
    return {name: median(_round(lookup) for _ in range(ROUNDS)) for name, lookup in lookups().items()}


def _round(lookup: Callable[[], object]) -> float:
    lookup()  # loads the values
    began = time.perf_counter()
    for _ in range(TIMES):
        lookup()
    return (time.perf_counter() - began) / TIMES * 1e6


def main() -> int:
    figures = measure()
    for name, microseconds in figures.items():
        print(f"{name:<44}{microseconds:>8.1f} µs")
    ours, *others = figures.values()
    is_worth_it = min(others) >= WORTH * ours
    print(f"{'wanted: the library takes':<44}≥ {WORTH:>5} times as long  {'met' if is_worth_it else 'MISSED'}")
    return 0 if is_worth_it else 1


if __name__ == "__main__":
    sys.exit(main())
