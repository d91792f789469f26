"""Connections to PostgreSQL that take bytes and never answer, while new ones work: noticed and mended within 15 s.

No TCP setting sees that, and no time limit of the server: see common/connection_watchdog.py. Reports of others are
named in tests/integration/database/test_swallowed_calls.py.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.system import SERVICES, System
from tests.proxy import SwallowingProxy, swallowing_proxy
from tests.waiting import wait_until

MENDED_WITHIN = 15.0  # seconds
ANSWERED_WITHIN = 12.0


@pytest.fixture
def proxy(system: System) -> Iterator[SwallowingProxy]:
    """A proxy between the product and PostgreSQL, all of whose connections have been used."""
    with swallowing_proxy(system.postgres.port) as proxy:
        system.stop(*SERVICES)
        system.start(
            *SERVICES, DATABASE_URL=system.postgres.url.replace(f":{system.postgres.port}/", f":{proxy.port}/")
        )
        system.settle(*SERVICES)
        answers = system.place_all([f"before-{proxy.port}-{number}" for number in range(20)])
        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(lambda _: system.get("/orders").status, range(64))) == {200}
        for answer in answers:
            system.invoiced(answer.json()["id"])
        yield proxy
        system.stop(*SERVICES)


def place_once(system: System, key: str) -> tuple[Any, float]:
    """Place an order; returns the response, and the seconds that it took."""
    began = time.monotonic()
    return system.place(key=key, reference=key), time.monotonic() - began


@pytest.mark.parametrize("requests", [True, False], ids=["requests-and-answers", "answers-only"])
def test_whoever_asks_is_answered_and_all_works_again_by_itself_and_each_order_is_there_once(system, proxy, requests):
    keys = [f"swallowed-{proxy.port}-{number}" for number in range(17)]
    with ThreadPoolExecutor(40) as pool:
        proxy.swallow(requests=requests)
        began = time.monotonic()
        placing = [pool.submit(place_once, system, key) for key in keys]
        reading = [pool.submit(system.get, path) for path in ("/orders", "/products", "/invoices", "/health/ready") * 3]
        assert system.get("/health/live").status == 200

        for answer, seconds in [each.result() for each in placing]:
            assert answer.status in (201, 503), answer.data
            assert seconds < ANSWERED_WITHIN
        assert {each.result().status for each in reading} <= {200, 503}
    assert time.monotonic() - began < ANSWERED_WITHIN

    def left() -> float:
        return began + MENDED_WITHIN - time.monotonic()

    wait_until(lambda: system.get("/health/ready").status == 200, within=left(), what="ready")
    again = [wait_until(lambda key=key: placed(system, key), within=left(), what=f"{key} is placed") for key in keys]
    assert len({answer.json()["id"] for answer in again}) == len(keys)
    wait_until(lambda: system.order(again[-1].json()["id"])["invoice_number"], within=left(), what="it is invoiced")
    for answer in again:
        system.invoiced(answer.json()["id"])
    assert system.count(f"orders_order WHERE reference LIKE 'swallowed-{proxy.port}-%'") == len(keys)
    assert all(process.is_running for process in system.processes.values())
    system.audit()


def placed(system: System, key: str) -> Any:
    answer = system.place(key=key, reference=key)
    return answer if answer.status == 201 else None


def test_a_process_that_was_cut_off_in_its_transaction_keeps_no_locks(system, proxy):
    """What it held, the server keeps: until the process itself has the session ended that it gave up."""
    order_id = system.place().json()["id"]
    with ThreadPoolExecutor(8) as pool:
        placing = [pool.submit(system.place) for _ in range(8)]
        wait_until(lambda: system.order(order_id)["status"] != "placed", what="consumers are at work")
        proxy.swallow(requests=False)
        began = time.monotonic()
        assert {answer.result().status for answer in placing} <= {201, 503}

    idle = "pg_stat_activity WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '10 seconds'"
    left = began + MENDED_WITHIN - time.monotonic()
    order_id = wait_until(lambda: placed(system, f"after-{proxy.port}"), within=left, what="orders are placed").json()[
        "id"
    ]
    wait_until(lambda: system.order(order_id)["invoice_number"], within=MENDED_WITHIN, what="it is invoiced")
    assert system.count(idle) == 0
