"""A broker that takes bytes and never answers: no order waits for it, and events flow on by new connections.

Reports of others: dpkp/kafka-python#1517 and #1520 (clients wait for ever), kafka4beam/brod#187 (and intake with them).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.kafka.broker import Kafka
from tests.e2e.system import SERVICES, System, running_system
from tests.proxy import SwallowingProxy
from tests.waiting import wait_until


class KafkaBehindProxy(Kafka):
    """A broker whose advertised address is that of the proxy."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.proxy = SwallowingProxy(self.port)

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.proxy.port}"

    def settings(self, data: Path) -> dict[str, str]:
        return super().settings(data) | {"advertised.listeners": f"BROKER://{self.bootstrap_servers}"}


@pytest.fixture(scope="module")
def _system(tmp_path_factory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("swallowed")
    kafka = KafkaBehindProxy(folder / "kafka")
    with running_system(folder, kafka) as system:
        system.stop(*SERVICES)
        system.start(*SERVICES, KAFKA_SESSION_TIMEOUT_MS="10000")  # the product's own
        system.settle(*SERVICES)
        yield system
    kafka.proxy.close()


def proxy_of(system: System) -> SwallowingProxy:
    assert isinstance(system.kafka, KafkaBehindProxy)
    return system.kafka.proxy


@pytest.fixture
def system(_system) -> System:
    """A system whose processes are all connected to the broker."""
    for answer in _system.place_all([f"before-{proxy_of(_system).connections}-{number}" for number in range(8)]):
        _system.invoiced(answer.json()["id"])
    return _system


def swallow(system: System) -> None:
    """Swallow all existing connections; new ones work."""
    proxy_of(system).swallow()


def swallow_answers(system: System) -> None:
    """Swallow the responses only: what publishers send arrives, and is sent again."""
    proxy_of(system).swallow(requests=False)


@pytest.mark.parametrize("fault", [swallow, swallow_answers])
def test_orders_are_accepted_all_along_and_flow_on_by_themselves_once(system, fault):
    fault(system)

    answers = system.place_all([f"{fault.__name__}-{number}" for number in range(10)])
    assert {answer.status for answer in answers} == {201}
    assert system.get("/health/ready").status == 200
    wait_until(lambda: not system.count("messaging_outboxmessage"), within=40, what="publishers have new connections")
    for answer in answers:
        system.invoiced(answer.json()["id"])
    assert system.count("invoicing_invoice AS i JOIN orders_order AS o ON o.id = i.order_id") == system.count(
        "orders_order"
    )
    system.audit()


def test_a_broker_that_is_frozen_is_noticed_and_events_flow_on_when_it_wakes(system):
    before = sum(len(system.events(name, "publishing_failed")) for name in SERVICES)
    system.kafka.pause()
    try:
        answers = system.place_all([f"frozen-{number}" for number in range(10)])
        assert system.get("/health/ready").status == 200
        wait_until(
            lambda: sum(len(system.events(name, "publishing_failed")) for name in SERVICES) > before,
            within=40,
            what="a publisher says so",
        )
    finally:
        system.kafka.resume()
    for answer in answers:
        system.invoiced(answer.json()["id"])
    system.audit()
