"""Customers who order: one order about every second and a half, of what there is most of."""

import random
import threading
from collections.abc import Mapping
from typing import Any

from devstack.demo.shop import Shop, ShopClosed

PAUSE = (0.8, 2.2)  # seconds between two orders
LOOK_AT_STOCK_EVERY = 20  # orders
FEW = 20  # units: what there is less of, nobody orders in passing
CUSTOMERS = ("Hart & Sons", "Blue Door Café", "Museum Shop", "Tea at Four", "The Paper Boat")
TOWNS = (("Bath", "BA1 1AA"), ("York", "YO1 7HH"), ("Leeds", "LS1 1UR"), ("Truro", "TR1 2SF"))


class Customers:
    """A thread that places orders until the block ends. What goes wrong is tried again: customers come back."""

    def __init__(self, shop: Shop, *, pause: tuple[float, float] = PAUSE) -> None:
        self._shop = shop
        self._pause = pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._order_on, name="customers", daemon=True)
        self._random = random.Random()  # noqa: S311 - no secret
        self.placed = 0

    def __enter__(self) -> "Customers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _order_on(self) -> None:
        stock: Mapping[str, int] = {}
        while not self._stopping.is_set():
            try:
                if not stock or self.placed % LOOK_AT_STOCK_EVERY == 0:
                    stock = {sku: units for sku, units in self._shop.stock().items() if units >= FEW}
                self._order(stock)
                self.placed += 1
            except ShopClosed:
                pass
            self._stopping.wait(self._random.uniform(*self._pause))

    def _order(self, stock: Mapping[str, int]) -> None:
        if not stock:
            return
        skus = dict.fromkeys(self._random.choices([*stock], weights=[*stock.values()], k=self._random.randint(1, 3)))
        name = self._random.choice(CUSTOMERS)
        self._shop.place(
            *((sku, self._random.randint(1, 4)) for sku in skus),
            customer=f"C-{100 + CUSTOMERS.index(name)}",
            reference=f"PO-{self._random.randint(1000, 9999)}",
            may_wait=True,
            bill_to=self._address(name),
        )

    def _address(self, name: str) -> dict[str, Any]:
        town, postal_code = self._random.choice(TOWNS)
        street = f"{self._random.randint(1, 99)} High Street"
        return {"name": name, "lines": [street], "postal_code": postal_code, "city": town, "country": "GB"}
