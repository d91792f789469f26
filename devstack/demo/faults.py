"""What a person may break in the demo, and mend."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from devstack.console import Say
from devstack.demo.shop import Shop, ShopClosed
from devstack.processes.process import Process
from devstack.product import MEND, POISON, POISON_QUANTITY
from devstack.server import Server

AWAY = 10.0  # seconds
SOLD_OUT_OF = 5000  # units at most, of what sells out
STUCK_WITHIN = 30.0  # seconds


class Faults:
    """The faults of one demo. `tick` is to be called often: some end by themselves.

    Args:
        owner_url: the DATABASE_URL of who owns the tables.
    """

    def __init__(
        self,
        shop: Shop,
        say: Say,
        *,
        services: Sequence[Process],
        servers: Sequence[Server],
        owner_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shop, self._say, self._clock = shop, say, clock
        self._consumers = [each for each in services if each.name not in ("web", "relay")]
        self._brokers = [each for each in servers if each.name.startswith("kafka")]
        self._owner_url = owner_url
        self._back_at: float | None = None
        self._killed = 0

    def kill_a_consumer(self) -> None:
        """Kill one of the consumers; the supervisor starts it again."""
        consumer = self._consumers[self._killed % len(self._consumers)]
        self._killed += 1
        self._say(f"Killing {consumer.name}: orders wait, and are caught up once it runs again. See its lag.")
        consumer.kill()

    def broker_away(self) -> None:
        """Have Kafka not answer for some seconds."""
        if self._back_at is None:
            self._say(f"Kafka answers nobody for {AWAY:.0f} s: orders are taken all the same. See the outbox.")
            for broker in self._brokers:
                broker.pause()
            self._back_at = self._clock() + AWAY

    def tick(self) -> None:
        """End what ends by itself."""
        if self._back_at is not None and self._clock() >= self._back_at:
            self._broker_back()
            self._say("Kafka is back.")

    def sell_out(self) -> None:
        """One customer buys all that there is of a product."""
        stock = {sku: units for sku, units in self._shop.stock().items() if 0 < units <= SOLD_OUT_OF}
        if not stock:
            self._say("Everything is sold out.")
            return
        sku = min(stock, key=lambda each: stock[each])
        order = self._shop.place((sku, stock[sku]), customer="C-999", reference="All of it")
        self._say(f"All {stock[sku]} units of {sku} are sold: whoever orders it now waits for stock. Book a receipt")
        self._say(f"under Stock items, {sku}, and those who wait are served. The order: {order['id']}")

    def poison(self) -> str:
        """Place an order that a rule in the database forbids to reserve; its id, "" if it could not be placed."""
        self._execute(MEND)
        self._execute(POISON)
        sku = max((stock := self._shop.stock()), key=lambda each: stock[each])
        order = self._shop.place((sku, POISON_QUANTITY), customer="C-107", reference=f"PO-{POISON_QUANTITY}")
        return str(order["id"])

    def wait_until_stuck(self, order_id: str) -> bool:
        """Whether a consumer gave up on an order within a while."""
        until = self._clock() + STUCK_WITHIN
        while self._clock() < until:
            events: list[dict[str, Any]] = self._shop.get(f"/orders/{order_id}/events")
            if any(one["state"] == "dead_letter" for event in events for one in event["handled"]):
                return True
            time.sleep(0.2)
        return False

    def mend(self) -> None:
        """Take the rule away again: what failed by it can be replayed."""
        self._execute(MEND)

    def end(self) -> None:
        """Leave nothing broken behind, as far as that is possible."""
        self._broker_back()
        try:
            self.mend()
        except psycopg2.Error as error:
            self._say(f"The demo's rule is still in the database: {str(error).strip()}")

    @contextmanager
    def telling_problems(self) -> Iterator[None]:
        """Say what could not be done."""
        try:
            yield
        except (ShopClosed, psycopg2.Error) as error:
            self._say(f"That did not work: {str(error).strip()}")

    def _broker_back(self) -> None:
        if self._back_at is not None:
            self._back_at = None
            for broker in self._brokers:
                broker.resume()

    def _execute(self, statement: str) -> None:
        with closing(psycopg2.connect(self._owner_url, connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
                cursor.execute(statement)
