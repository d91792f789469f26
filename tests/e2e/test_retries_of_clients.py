"""Retries of clients: concurrent ones, and while the web server is killed again and again."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import urllib3
from urllib3.util import Retry

from tests.e2e.system import System
from tests.waiting import wait_until

CLIENTS = 64
COME_AGAIN = {409, 503}
# What a careful client of urllib3 would set. The server answers 409 while the first request with a key still runs.
POLITE = Retry(
    total=100,
    backoff_factor=0.1,
    backoff_max=1.0,
    allowed_methods=None,
    status_forcelist=COME_AGAIN,
    respect_retry_after_header=True,
)


def at_once(ask: Callable[[], Any], clients: int = CLIENTS) -> list[Any]:
    """The responses to clients that send the same request at the same time."""
    start = threading.Barrier(clients)

    def one() -> Any:
        start.wait(60)
        return ask()

    with ThreadPoolExecutor(clients) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(clients)]]


def test_of_64_clients_with_one_key_one_places_the_order_and_all_get_its_answer(system):
    answers = at_once(lambda: system.place(key="64-at-once", reference="64-at-once"))

    assert {answer.status for answer in answers} <= {201} | COME_AGAIN
    placed = [answer for answer in answers if answer.status == 201]
    assert len({answer.data for answer in placed}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in placed) == 1
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status in COME_AGAIN)
    assert system.place(key="64-at-once", reference="64-at-once").data == placed[0].data
    assert system.count("orders_order WHERE reference = '64-at-once'") == 1


def test_of_64_clients_with_one_key_one_places_the_orders_of_a_bulk_request(system):
    order = {"customer_id": "C-1", "reference": "64-bulks", "lines": [{"sku": "TEST-BAG", "quantity": 1}]}

    def bulk() -> Any:
        return system.request(
            "POST", "/orders/bulk", json={"orders": [order] * 5}, headers={"Idempotency-Key": "64-bulks"}
        )

    answers = at_once(bulk)

    assert {answer.status for answer in answers} <= {200} | COME_AGAIN
    placed = [answer for answer in answers if answer.status == 200]
    assert len({answer.data for answer in placed}) == 1
    assert placed[0].json()["accepted"] == 5
    assert bulk().data == placed[0].data
    assert system.count("orders_order WHERE reference = '64-bulks'") == 5


def test_urllib3s_own_retries_place_each_order_once_while_the_web_server_is_killed(system):
    """Three times, by SIGKILL, each time among requests of four clients that have just begun to be answered again."""
    numbers, answers, stopping = count(), {}, threading.Event()
    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(_shop_until, stopping, system, numbers, answers) for _ in range(4)]
        try:
            for _ in range(3):
                before = len(answers)
                wait_until(lambda before=before: len(answers) >= before + 10, within=60, what="orders are answered")
                system.kill("web")
                system.processes["web"].start()
        finally:
            stopping.set()
        for client in clients:
            client.result()

    assert {answer.status for answer in answers.values()} == {201}
    references = dict(
        system.query("SELECT reference, count(*) FROM orders_order WHERE reference LIKE 'killed-%' GROUP BY 1")
    )
    assert references == dict.fromkeys(answers, 1)
    assert len({answer.json()["id"] for answer in answers.values()}) == len(answers)
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers.values()) < len(answers)
    for answer in answers.values():
        system.invoiced(answer.json()["id"])
    system.audit()


def _shop_until(stopping: threading.Event, system: System, numbers: Any, answers: dict[str, Any]) -> None:
    """Place one order after the other, each with a key of its own, and keep the answers by reference."""
    http = urllib3.PoolManager(retries=POLITE, timeout=20.0)
    while not stopping.is_set():
        key = f"killed-{next(numbers)}"
        answers[key] = http.request(
            "POST",
            f"http://127.0.0.1:{system.port}/orders",
            json={"customer_id": "C-1", "reference": key, "lines": [{"sku": "TEST-BAG", "quantity": 1}]},
            headers={"Authorization": f"Bearer {system.token}", "Idempotency-Key": key},
        )
