"""Locks that others hold, statements without end, transactions in which nothing happens: a time limit ends each, and
nothing is half done. What becomes of a consumer whose transaction PostgreSQL ended is in test_zombies.py.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

import psycopg2

from tests.e2e.system import System
from tests.waiting import wait_until

# Milliseconds.
NO_PATIENCE_WITH_LOCKS = "-c lock_timeout=300"
PATIENCE_WITH_LOCKS = "-c lock_timeout=20000"
NO_PATIENCE_WITH_STATEMENTS = "-c statement_timeout=300"
NO_PATIENCE_WITH_IDLERS = f"{PATIENCE_WITH_LOCKS} -c idle_in_transaction_session_timeout=1500"


@contextmanager
def impatient(system: System, name: str, limits: str = NO_PATIENCE_WITH_LOCKS, **settings: str) -> Iterator[None]:
    """A process with shorter time limits than the product's."""
    system.stop(name)
    system.start(name, DATABASE_URL=f"{system.postgres.url}?options={quote(limits)}", **settings)
    system.settle(name)
    yield
    system.stop(name)


@contextmanager
def transaction(system: System, sql: str) -> Iterator[None]:
    """Another transaction, which has done this and is open until the block ends; rolled back."""
    other = psycopg2.connect(system.postgres.admin_url)
    try:
        with other.cursor() as cursor:
            cursor.execute(sql)
            yield
    finally:
        other.close()


def freeze_web_while_it_stores(system: System, place: Callable[[], Any], pool: Executor) -> tuple[Future[Any], int]:
    """The answer to come, and the pid of the session that stores: it has what it needs now, but nobody to report to."""
    storing = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^EXECUTE |WITH claimed AS'"
    with transaction(system, "LOCK TABLE orders_order IN EXCLUSIVE MODE"):
        answer = pool.submit(place)
        ((session,),) = wait_until(lambda: system.query(f"SELECT pid {storing}"), what="it is storing")
        system.processes["web"].pause()
    return answer, session


def test_the_limits_of_the_product_are_set_for_every_process(system):
    settings = "SELECT name, setting::int FROM pg_settings WHERE name LIKE '%%_timeout' AND source = 'client'"
    code = f"from django.db import connection as c; k = c.cursor(); k.execute({settings!r}); print(dict(k.fetchall()))"
    limits = eval(system.manage("shell", "--verbosity", "0", "--command", code).stdout)

    waits = {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
    assert set(limits) == waits | {"tcp_user_timeout"}
    assert 0 < limits["lock_timeout"] < limits["statement_timeout"]
    assert all(0 < limit <= 60_000 for limit in limits.values())


def test_an_order_that_meets_a_locked_table_gets_503_and_is_placed_once_afterwards(system):
    with impatient(system, "web"):
        with transaction(system, "LOCK TABLE orders_order IN EXCLUSIVE MODE"):
            answers = [system.place(key="locked", reference="locked") for _ in range(2)]
        for answer in answers:
            assert (answer.status, answer.json()["type"]) == (503, "urn:orderflow:problem:database-unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        assert system.count("api_idempotencyrecord WHERE key = 'locked'") == 0
        assert system.count("orders_order WHERE reference = 'locked'") == 0

        placed = system.place(key="locked", reference="locked")
        assert (placed.status, "Idempotency-Replayed" in placed.headers) == (201, False)
        assert system.count("orders_order WHERE reference = 'locked'") == 1


def test_orders_that_wait_to_be_stored_keep_nobody_from_reading(system):
    """More than there are threads: they wait without one."""
    with impatient(system, "web", PATIENCE_WITH_LOCKS), ThreadPoolExecutor(48) as pool:
        with transaction(system, "LOCK TABLE orders_order IN EXCLUSIVE MODE"):
            waiting = [pool.submit(system.place, reference="waits") for _ in range(48)]
            wait_until(lambda: system.count("pg_locks WHERE NOT granted"), what="some are being stored")
            assert {system.get("/products").status for _ in range(10)} == {200}
            assert not any(answer.done() for answer in waiting)

        assert {answer.result().status for answer in waiting} == {201}


def test_a_key_that_another_transaction_holds_is_409_and_keeps_no_other_order_waiting_for_long(system):
    claim = """
        INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body)
        SELECT id, 'held', '', 201, '', '' FROM auth_user
    """
    with impatient(system, "web"):
        with transaction(system, claim):
            held = system.place(key="held", reference="held")
            others = system.place_all([f"beside-{number}" for number in range(8)])
        assert (held.status, held.json()["type"]) == (409, "urn:orderflow:problem:idempotency-key-in-use")
        assert int(held.headers["Retry-After"]) >= 1
        assert {answer.status for answer in others} == {201}
        assert system.place(key="held", reference="held").status == 201


def test_a_statement_that_takes_too_long_is_ended_and_answered_503(system):
    with impatient(system, "web", NO_PATIENCE_WITH_STATEMENTS):
        with transaction(system, "LOCK TABLE orders_order IN ACCESS EXCLUSIVE MODE"):
            answer = system.get("/orders")
        assert (answer.status, answer.json()["type"]) == (503, "urn:orderflow:problem:database-unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert system.get("/orders").status == 200


def test_an_order_is_stored_although_its_web_server_is_frozen_meanwhile(system):
    """It is one statement, which PostgreSQL ends by itself: nothing stays open."""
    with impatient(system, "web", NO_PATIENCE_WITH_IDLERS), ThreadPoolExecutor() as pool:
        answer, _ = freeze_web_while_it_stores(system, partial(system.place, reference="frozen"), pool)
        wait_until(lambda: system.count("orders_order WHERE reference = 'frozen'"), what="PostgreSQL stores it")
        assert not answer.done()
        system.processes["web"].resume()

        assert answer.result().status == 201


def test_a_web_server_that_is_frozen_in_a_transaction_keeps_nobody_waiting_and_goes_on_when_it_wakes(system):
    """Many lines take several statements, and so a transaction."""
    order = {"customer_id": "C-1", "reference": "many", "lines": [{"sku": "TEST-BAG", "quantity": 1}] * 2000}

    def place() -> Any:
        headers = {"Idempotency-Key": "many"}
        return system.request("POST", "/orders/bulk", json={"orders": [order] * 3}, headers=headers)

    with impatient(system, "web", NO_PATIENCE_WITH_IDLERS), ThreadPoolExecutor() as pool:
        frozen, session = freeze_web_while_it_stores(system, place, pool)
        idle = f"pg_stat_activity WHERE pid = {session} AND state LIKE 'idle in transaction%'"
        wait_until(lambda: system.count(idle), what="it has rows in hand, and does nothing")
        wait_until(lambda: not system.count(idle), what="PostgreSQL ends that")
        system.processes["web"].resume()

        answer = frozen.result()
        assert (answer.status, answer.json()["type"]) == (503, "urn:orderflow:problem:database-unavailable")
        assert system.count("orders_order WHERE reference = 'many'") == 0
        placed = place()
        assert (placed.status, placed.json()["accepted"]) == (200, 3)
        assert "Idempotency-Replayed" not in placed.headers


def test_a_consumer_that_meets_a_lock_tries_again_until_it_is_gone(system):
    with impatient(system, "inventory"):
        before = len(system.events("inventory", "batch_waits"))
        letters = system.count("messaging_deadletter")
        with transaction(system, "SELECT FROM inventory_stockitem WHERE sku = 'TEST-BAG' FOR UPDATE"):
            order_id = system.place().json()["id"]
            waits = wait_until(lambda: system.events("inventory", "batch_waits")[before:], what="its limit bites")
            assert "lock timeout" in waits[0]["error"]
            assert system.order(order_id)["status"] == "placed"
        system.invoiced(order_id)
        assert system.count("messaging_deadletter") == letters
