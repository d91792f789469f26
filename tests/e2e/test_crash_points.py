"""Dying at each named step on the way of an event: the audit finds nothing lost, doubled or stuck."""

import signal
from collections.abc import Callable

import pytest

from tests.e2e.system import System
from tests.waiting import wait_until

CONSUMERS = ("inventory", "orders", "invoicing")
STEPS = (
    "batch.before_claim",
    "batch.after_claim",
    "outbox.before_commit",
    "batch.before_commit",
    "outbox.after_commit",
    "batch.after_commit",
    "offsets.after_commit",
    "delivery.before_send",
    "delivery.after_send",
    "delivery.after_acknowledge",
    "delivery.after_commit",
)


def place_some(system: System, count: int = 6) -> list[str]:
    """Place orders by one request, so that they are handled as a batch; returns their ids."""
    order = {"customer_id": "C-1", "lines": [{"sku": "TEST-BAG", "quantity": 1}, {"sku": "TEST-CUP", "quantity": 1}]}
    answer = system.request("POST", "/orders/bulk", json={"orders": [order] * count})
    assert answer.status == 200
    return [result["order"]["id"] for result in answer.json()["results"]]


def all_is_well(system: System, orders: list[str]) -> None:
    for order_id in orders:
        system.invoiced(order_id)
    pending = system.audit()["pending"]
    assert [pending[name] for name in ("unanswered", "unconfirmed", "uninvoiced", "dead_letters")] == [0, 0, 0, 0]


def place_until(happened: Callable[[], bool], system: System, orders: list[str]) -> None:
    """Place orders until a condition holds, because another publisher may publish the first ones."""

    def look() -> bool:
        if not happened():
            orders.extend(place_some(system, 2))
        return happened()

    wait_until(look, within=60, what="it dies")


def died(system: System, name: str) -> bool:
    return system.processes[name].exit_status == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_consumers_that_die_at_a_step_do_no_harm(system, step):
    """Each consumer in turn: those behind it on the way get there only once it runs again."""
    system.stop(*CONSUMERS)
    system.start(*CONSUMERS, CRASH_AT=step)
    orders = place_some(system)
    for name in CONSUMERS:
        place_until(lambda name=name: died(system, name), system, orders)
        system.start(name)

    all_is_well(system, orders)


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_consumer_that_dies_in_a_rebalance_does_no_harm(system, name):
    system.stop(name)
    system.start(name, CRASH_AT="rebalance.revoked:2")  # the first is its own joining
    orders = place_some(system)
    for order_id in orders:
        system.invoiced(order_id)

    system.start(f"{name}-2")
    wait_until(lambda: died(system, name), within=60, what=f"{name} dies in the rebalance")

    all_is_well(system, orders + place_some(system))


@pytest.mark.parametrize("step", ["outbox.before_commit", "outbox.after_commit", "delivery.after_send"])
def test_a_web_server_that_dies_at_a_step_loses_and_doubles_nothing(system, step):
    """What was answered is there; what was not is placed once by a retry with the same key."""
    system.stop("web")
    system.start("web", CRASH_AT=f"{step}:2")
    before, keys = system.worker_deaths(), []

    def placed_until_one_died() -> bool:
        more = [f"{step}-{len(keys) + number}" for number in range(8)]
        keys.extend(more)
        system.place_all(more)
        return system.worker_deaths() > before

    wait_until(placed_until_one_died, what=f"a worker dies at {step}")
    system.stop("web")
    system.start("web")

    answers = system.place_all(keys)

    ids = [answer.json()["id"] for answer in answers]
    assert len(set(ids)) == len(keys)
    stored = system.count(f"orders_order WHERE reference LIKE '{step}-%'")
    assert stored == len(keys)
    all_is_well(system, ids)


@pytest.mark.parametrize("step", ["delivery.after_acknowledge"])
def test_a_relay_that_dies_at_a_step_does_no_harm(system, step):
    system.stop()
    system.start("web", "relay", *CONSUMERS, PUBLISH_ON_COMMIT="off")
    system.stop("relay")
    system.start("relay", CRASH_AT=step)
    orders = place_some(system)
    place_until(lambda: died(system, "relay"), system, orders)
    system.start("relay")

    all_is_well(system, orders)
    system.stop()
