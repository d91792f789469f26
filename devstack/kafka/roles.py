"""The roles of brokers in a Kafka cluster: leaders of partitions, and coordinators of consumer groups."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, for_code
from kafka.protocol.find_coordinator import FindCoordinatorRequest

TIMEOUT = 30.0  # seconds

_GROUP = 0  # the kind of coordinator

T = TypeVar("T")


@dataclass(frozen=True)
class Partition:
    """A partition of a topic. `leader` is -1 while it has none; `in_sync` are the brokers of its in-sync replicas."""

    topic: str
    number: int
    leader: int
    replicas: frozenset[int]
    in_sync: frozenset[int]

    @property
    def is_in_sync(self) -> bool:
        """Whether it has a leader, and all replicas are in sync."""
        return self.leader in self.in_sync and self.in_sync == self.replicas


def partitions(bootstrap_servers: str) -> list[Partition]:
    """Every partition of every topic, Kafka's own topics included.

    Raises:
        KafkaError: no broker answers.
    """
    return [
        Partition(
            topic=topic["topic"],
            number=each["partition"],
            leader=each["leader"],
            replicas=frozenset(each["replicas"]),
            in_sync=frozenset(each["isr"]),
        )
        for topic in _ask(bootstrap_servers, lambda admin: admin.describe_topics())
        for each in topic["partitions"]
    ]


def coordinator(bootstrap_servers: str, group: str) -> int:
    """The id of the broker that coordinates a consumer group.

    Raises:
        KafkaError: no broker answers, or none becomes the coordinator.
    """
    return _ask(bootstrap_servers, lambda admin: _find_coordinator(admin, group))


def _find_coordinator(admin: KafkaAdminClient, group: str) -> int:
    response = admin.send_request(FindCoordinatorRequest[2](group, _GROUP))
    if response.error_code:
        raise for_code(response.error_code)(response.error_message)
    return int(response.coordinator_id)


def _ask(bootstrap_servers: str, question: Callable[[KafkaAdminClient], T]) -> T:
    """The result of a request, repeated until it succeeds: for seconds, brokers name one that has just been killed."""
    servers, end = bootstrap_servers.split(","), time.monotonic() + TIMEOUT
    while True:
        try:
            with closing(KafkaAdminClient(bootstrap_servers=servers, api_version=(2, 6))) as admin:
                return question(admin)
        except KafkaError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
