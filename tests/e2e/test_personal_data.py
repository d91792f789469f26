"""PostgreSQL's log has no personal data, whatever fails."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
import pytest

from tests.waiting import wait_until

CUSTOMER = "Mustermann-Wilhelmine"
BODY = {"customer_id": CUSTOMER, "reference": f"of {CUSTOMER}", "lines": [{"sku": "TEST-BAG", "quantity": 1}]}


@contextmanager
def administrator(system):
    connection = psycopg2.connect(system.postgres.admin_url)
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@pytest.fixture
def one_order_a_customer(system):
    """A rule that the product does not know of, so that it runs into it."""
    with administrator(system) as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX one_each ON orders_order (customer_id) WHERE customer_id = '{CUSTOMER}'")
    yield
    with administrator(system) as cursor:
        cursor.execute("DROP INDEX one_each")


@pytest.fixture
def log(system):
    """A function that waits for words in PostgreSQL's log, and returns what was logged since the test began."""
    begin = system.postgres.log.stat().st_size

    def logged(words):
        text = system.postgres.log.read_bytes()[begin:].decode()
        return words in text and text

    return lambda words: wait_until(lambda: logged(words), within=60, what=f"PostgreSQL logs {words!r}")


def test_an_order_that_waits_too_long_for_a_lock_is_in_the_log_without_its_customer(system, log):
    with administrator(system) as cursor:
        cursor.execute("LOCK TABLE orders_order IN EXCLUSIVE MODE")
        answer = system.request("POST", "/orders", json=BODY)

    assert answer.status == 503
    assert CUSTOMER not in log("canceling statement due to lock timeout")


def test_an_order_that_breaks_a_constraint_is_in_the_log_without_its_customer(system, log, one_order_a_customer):
    answers = [system.request("POST", "/orders", json=BODY).status for _ in range(2)]

    assert answers[0] == 201
    assert answers[1] >= 400
    assert CUSTOMER not in log("duplicate key value violates unique constraint")


def test_a_session_that_is_killed_is_in_the_log_without_the_customer_of_its_order(system, log):
    # The statement itself, or, in a session that has stored often, EXECUTE with the name by which it was prepared.
    storing = "pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^EXECUTE |WITH claimed AS'"
    with ThreadPoolExecutor(1) as pool, administrator(system) as cursor:
        cursor.execute("LOCK TABLE orders_order IN EXCLUSIVE MODE")
        answer = pool.submit(system.request, "POST", "/orders", json=BODY)
        wait_until(lambda: system.count(storing), within=20, what="the order is being stored")
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM {storing}")
        answer.result()

    assert CUSTOMER not in log("terminating connection due to administrator command")
