"""The catalogue and the orders of all measurements, the same in each run."""

import json
from functools import cache
from random import Random
from typing import Any

PRODUCTS = 1000
LINES = 3
ON_HAND = 1_000_000
BODIES = 500  # different ones, taken in turn


def sku(number: int) -> str:
    return f"BENCH-{number:04}"


def catalogue_csv() -> str:
    """A file for `import_catalogue`."""
    rows = [f"{sku(n)},Benchmark product {n},{1 + n % 90}.{n % 100:02},GBP,0.2,{ON_HAND}" for n in range(PRODUCTS)]
    return "\n".join(["sku,name,unit_price,currency,tax_rate,on_hand", *rows]) + "\n"


@cache
def single_bodies() -> list[str]:
    """Bodies of `POST /orders`."""
    return [json.dumps(order) for order in _orders(BODIES, Random(1))]


@cache
def go_bodies() -> list[str]:
    """The same orders as the Go service takes them: it believes what the client says of prices."""
    return [
        json.dumps(
            {
                "customer_id": order["customer_id"],
                "items": [
                    {"product": line["sku"], "quantity": line["quantity"], "price": 4.95} for line in order["lines"]
                ],
            }
        )
        for order in map(json.loads, single_bodies())
    ]


@cache
def bulk_bodies(size: int) -> list[str]:
    """Bodies of `POST /orders/bulk`, with so many orders each."""
    random = Random(2)
    return [json.dumps({"orders": _orders(size, random)}) for _ in range(BODIES // 20)]


def _orders(count: int, random: Random) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": f"C-{random.randrange(10_000)}",
            "lines": [
                {"sku": sku(number), "quantity": random.randint(1, 5)}
                for number in random.sample(range(PRODUCTS), LINES)
            ],
        }
        for _ in range(count)
    ]
