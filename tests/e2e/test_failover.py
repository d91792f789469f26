"""PostgreSQL fails over: for a while the product finds a server that takes no changes. Everything mends by itself.

Public reports of what happens elsewhere: brettwooldridge/HikariCP#1556 and #1802 (read-only connections stay in use for
half an hour), cloudnative-pg/cloudnative-pg#1254 (the old primary still answers at the old address).
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.e2e.customers import all_orders_are_finished
from tests.e2e.system import System
from tests.read_only_database import read_only
from tests.waiting import wait_until

DEAD_LETTERS = "messaging_deadletter"


@contextmanager
def set_so(system: System) -> Iterator[None]:
    """Make sessions that begin inside the block read-only, for as long as they are kept."""
    with read_only(system.postgres.admin_url):
        yield


@contextmanager
def demoted(system: System) -> Iterator[None]:
    """Restart the server as a standby, which is promoted at the end; its sessions go on meanwhile."""
    system.postgres.stop()
    data = system.postgres.folder / "data"
    signal = data / "standby.signal"
    signal.touch()
    os.chown(signal, data.stat().st_uid, data.stat().st_gid)
    system.postgres.start()
    system.postgres.wait_ready()
    try:
        yield
    finally:  # or no later test could write
        assert system.query("SELECT pg_promote()") == [(True,)]


def answers(system: System, count: int = 12) -> list[int]:
    """The statuses of concurrent orders, which reach all workers of the web server."""
    with ThreadPoolExecutor(count) as pool:
        return [answer.status for answer in pool.map(lambda _: system.place(), range(count))]


def all_places_where_requests_write(system: System) -> dict[str, int]:
    """The statuses of all requests that store something, by kind."""
    body = {"orders": [{"customer_id": "C-1", "reference": "", "lines": [{"sku": "TEST-BAG", "quantity": 1}]}]}
    key = {"Idempotency-Key": uuid4().hex}
    cookie = system.get("/admin/login/").headers["Set-Cookie"].partition(";")[0]
    login = {"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": cookie.partition("=")[2]}
    return {
        "a bulk request": system.request("POST", "/orders/bulk", json=body, headers=key).status,
        "a failed log-in": system.submit("/admin/login/", login, headers={"Cookie": cookie}).status,
    }


@pytest.mark.parametrize("fail_over", [set_so, demoted])
def test_while_the_database_takes_no_changes_nothing_is_lost_and_nobody_sees_a_fault(system, fail_over):
    letters = system.count(DEAD_LETTERS)
    on_its_way = [system.place().json()["id"] for _ in range(10)]

    with fail_over(system):
        wait_until(lambda: system.get("/health/ready").status == 503, what="it is not ready")
        answer = wait_until(lambda: (a := system.place()).status == 503 and a)
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["type"] == "urn:orderflow:problem:database-unavailable"
        assert answers(system) == [503] * 12
        assert all_places_where_requests_write(system) == {"a bulk request": 503, "a failed log-in": 503}
        assert system.get(f"/orders/{on_its_way[0]}").status == 200
        assert system.get("/health/live").status == 200
        assert {name for name, process in system.processes.items() if not process.is_running} == set()

    wait_until(lambda: system.get("/health/ready").status == 200, what="it is ready again")
    wait_until(lambda: answers(system) == [201] * 12, what="orders are accepted again")
    assert answers(system) == [201] * 12
    for order_id in on_its_way:
        system.invoiced(order_id)
    assert system.count(DEAD_LETTERS) == letters
    assert {name for name, process in system.processes.items() if not process.is_running} == set()
    all_orders_are_finished(system)
