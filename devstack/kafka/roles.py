"""Which broker of a Kafka cluster does what at the moment."""

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
    """Of a topic. `leader` is -1 while it has none; `in_sync` are the brokers whose copies have caught up."""

    topic: str
    number: int
    leader: int
    replicas: frozenset[int]
    in_sync: frozenset[int]

    @property
    def is_in_sync(self) -> bool:
        """Whether it has a leader and every copy has caught up."""
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
    """The id of the broker that keeps a consumer group.

    Raises:
        KafkaError: no broker answers, or none becomes the coordinator.
    """
    return _ask(bootstrap_servers, lambda admin: _find_coordinator(admin, group))


def _find_coordinator(admin: KafkaAdminClient, group: str) -> int:
    answer = admin.send_request(FindCoordinatorRequest[2](group, _GROUP))
    if answer.error_code:
        raise for_code(answer.error_code)(answer.error_message)
    return int(answer.coordinator_id)


def _ask(bootstrap_servers: str, question: Callable[[KafkaAdminClient], T]) -> T:
    """The answer, as soon as there is one: for seconds, brokers name one that has just been killed as whom to ask."""
    servers, end = bootstrap_servers.split(","), time.monotonic() + TIMEOUT
    while True:
        try:
            with closing(KafkaAdminClient(bootstrap_servers=servers, api_version=(2, 6))) as admin:
                return question(admin)
        except KafkaError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
