"""Three Kafka brokers, each event on all three and on two before it counts: whichever is killed, nothing is lost."""

import json
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from devstack.kafka.cluster import KafkaCluster
from tests.chaos.consumed import TOPICS, consume_all
from tests.chaos.judge_events import judge_events
from tests.chaos.stored import read_stored
from tests.e2e.customers import all_orders_are_finished, customers
from tests.e2e.system import SERVICES, System, running_system
from tests.waiting import wait_until

GROUPS = ("orderflow-orders", "orderflow-inventory", "orderflow-invoicing")


@pytest.fixture(scope="module")
def _system(tmp_path_factory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("cluster")
    with running_system(folder, KafkaCluster(folder / "kafka")) as system:
        yield system


@pytest.fixture
def system(_system) -> System:
    """A system with all brokers in sync."""
    _system.kafka.start()
    _system.kafka.wait_ready()
    caught_up(_system.kafka)
    return _system


def caught_up(cluster: KafkaCluster) -> None:
    wait_until(cluster.is_in_sync, within=90, what="all copies have caught up")


def nothing_is_lost(system: System, placed: list[str]) -> None:
    """Check that all orders reach their end, by the audit and by the records of all topics."""
    all_orders_are_finished(system)
    stored = read_stored(system)
    assert set(placed) <= {order.id for order in stored.orders}
    assert list(judge_events(stored, consume_all(system.kafka.bootstrap_servers))) == []


def who_leads(cluster: KafkaCluster) -> set[int]:
    """The brokers that lead a partition of the product."""
    return {partition.leader for partition in cluster.partitions() if partition.topic in TOPICS}


def who_coordinates(cluster: KafkaCluster) -> set[int]:
    """The brokers that coordinate a consumer group of the product."""
    return {cluster.coordinator(group) for group in GROUPS}


def publishing_failures(system: System) -> int:
    """The number of times that processes have logged `publishing_failed`."""
    return sum(len(system.events(name, "publishing_failed")) for name in SERVICES)


def test_an_event_counts_once_two_of_three_brokers_have_it(system):
    ours = [partition for partition in system.kafka.partitions() if partition.topic in TOPICS]
    assert {partition.replicas for partition in ours} == {frozenset({1, 2, 3})}

    with closing(KafkaAdminClient(bootstrap_servers=system.kafka.bootstrap_servers.split(","))) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic, {"min.insync.replicas": None}) for topic in TOPICS]
        answers = [resource for answer in admin.describe_configs(asked) for resource in answer.resources]
    assert [configs[0][:2] for *_, configs in answers] == [("min.insync.replicas", "2")] * len(TOPICS)


def test_the_doctor_looks_at_the_disks_of_all_brokers(system):
    """It asked one of them, at random: the full disk of another one was told by chance."""
    report = json.loads(system.manage("doctor", "--json", check=False).stdout)

    told = [each["detail"] for each in report["findings"] if each["check"] == "disk of kafka"]
    brokers = system.kafka.bootstrap_servers.split(",")
    assert sorted(each.rpartition(" of broker ")[2] for each in told) == sorted(brokers)


def test_orders_flow_on_when_a_broker_is_killed_with_all_that_it_leads_and_coordinates(system):
    """One after the other, two of them; the third is among those of the next test."""
    cluster = system.kafka
    with customers(system) as placed:
        assert who_leads(cluster) == {1, 2, 3}
        for victim in (1, 2):
            cluster.kill(victim)
            for answer in system.place_all([uuid4().hex for _ in range(6)]):
                system.invoiced(answer.json()["id"])
            assert victim not in who_leads(cluster) | who_coordinates(cluster)
            cluster.restart(victim)
            caught_up(cluster)

    nothing_is_lost(system, placed)


def test_with_two_of_three_brokers_away_orders_are_accepted_and_flow_on_when_they_are_back(system):
    cluster = system.kafka
    with customers(system) as placed:
        wait_until(lambda: len(placed) > 20, what="orders are under way")
        failures = publishing_failures(system)
        cluster.kill(3, 1)
        late = [answer.json()["id"] for answer in system.place_all([uuid4().hex for _ in range(20)])]
        so_far = len(placed)
        # One pass after the other: the second to fail began after `late`, and would have taken away what it delivered.
        wait_until(lambda: publishing_failures(system) > failures + 1, within=90, what="two have tried in vain")
        wait_until(lambda: len(placed) > so_far + 40, what="intake goes on")
        waiting = {key for (key,) in system.query("SELECT key FROM messaging_outboxmessage")}
        assert waiting >= set(late), "published, although no two brokers are there"
        told = "Kafka takes no event before 2 are"
        wait_until(lambda: told in system.manage("doctor", check=False).stdout, within=90, what="the doctor says so")
        cluster.start()
        cluster.wait_ready()
        caught_up(cluster)

    nothing_is_lost(system, placed + late)
