"""Clients that go on placing orders while processes are killed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

from tests.e2e.system import System
from tests.waiting import wait_until

TOO_MANY = 999_999  # of what there is in stock: every tenth order will be rejected


@contextmanager
def customers(system: System, *, clients: int = 4, pause: float = 0.1) -> Iterator[list[str]]:
    """Each client sends an order with the same key until it is answered 201, waits for `pause` seconds, and places
    the next one. The ids of the orders that were answered, as they come."""
    stopping = threading.Event()
    placed: list[str] = []

    def order(quantity: int, key: str) -> str:
        answer = wait_until(lambda: (a := system.place(quantity, key=key)).status == 201 and a, what="it is placed")
        return str(answer.json()["id"])

    def order_on_and_on() -> None:
        while not stopping.wait(pause):
            placed.append(order(TOO_MANY if len(placed) % 10 == 9 else 1, uuid4().hex))

    with ThreadPoolExecutor(clients) as pool:
        ordering = [pool.submit(order_on_and_on) for _ in range(clients)]
        try:
            yield placed
        finally:
            stopping.set()
    for each in ordering:
        each.result()


def all_orders_are_finished(system: System) -> None:
    """Wait until each is invoiced or rejected, unless it waits for stock or was cancelled before, and have the audit
    find nothing wrong or under way.
    """
    unfinished = "orders_order WHERE status NOT IN ('rejected', 'backordered', 'cancelled') AND invoice_number = ''"
    wait_until(lambda: system.count(unfinished) == 0, within=90, what="all is invoiced or rejected")
    wait_until(lambda: system.count("messaging_outboxmessage") == 0, what="all is published")
    pending = system.audit()["pending"]
    assert [pending[name] for name in ("outbox", "unanswered", "unconfirmed", "uninvoiced", "dead_letters")] == [0] * 5
