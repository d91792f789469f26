"""A rule that somebody adds to a database in use by hand, and an order that breaks it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from devstack.product import MEND, POISON, POISON_QUANTITY
from tests.e2e.system import System
from tests.waiting import wait_until

SAID_BY_DOCTOR = "inventory could not handle a message: IntegrityError"


@contextmanager
def poisoned(system: System) -> Iterator[str]:
    """Inside the block the rule is there; yields the id of an order that is stuck because of it."""
    _execute(system, POISON)
    try:
        order_id: str = system.place(quantity=POISON_QUANTITY).json()["id"]
        wait_until(
            lambda: handling(system, order_id, "order.placed.v1") == ["dead_letter"], within=60, what="it is stuck"
        )
        yield order_id
    finally:
        _execute(system, MEND)


def handling(system: System, order_id: str, event: str) -> list[str]:
    """What became of an event of an order, at each of its consumers."""
    events = system.get(f"/orders/{order_id}/events").json()
    return [one["state"] for each in events if each["event"] == event for one in each["handled"]]


def _execute(system: System, statement: str) -> None:
    with psycopg2.connect(system.postgres.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
