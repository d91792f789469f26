"""The state of a Kafka cluster: its brokers, our topics, its clock and its disks.

Each function raises TransportUnavailable where the cluster can't be reached, or refuses to tell.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import NoError
from kafka.protocol.metadata import MetadataRequest

from messaging.transport.kafka.cluster_admin import ask_cluster, check_code, responds
from messaging.transport.kafka.connection import topic_name
from messaging.transport.kafka.requests import DescribeLogDirsRequest, DescribeQuorumRequest

_METADATA_LOG = "__cluster_metadata"
_TOLD_WITHIN = 0.1  # seconds: what a controller tells as its time may be that of a moment before


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the cluster knows it; `is_there` is false for one that there is not, or that we may not see."""

    name: str
    is_there: bool
    partitions: int = 0
    copies: int = 0
    without_leader: int = 0
    out_of_sync: int = 0  # partitions of which a copy is not in sync


@dataclass(frozen=True, slots=True)
class Disk:
    """A broker's folder with topics, with the bytes of its disk and those that are free; 0 or less if it has failed.

    Attributes:
        broker: its host and port.
        has_failed: whether the broker could not write there, and has given up what it had there until it is restarted.
    """

    broker: str
    folder: str
    total: int
    free: int
    has_failed: bool


def brokers_and_topics(topics: Iterable[str]) -> tuple[list[str], list[TopicState]]:
    """Host and port of each broker, as they announce themselves, and the states of these topics."""
    names = sorted(map(topic_name, topics))
    request = MetadataRequest[5](topics=names, allow_auto_topic_creation=False)
    answer = ask_cluster(lambda admin: admin.send_request(request))
    brokers = list(addresses_of(answer).values())
    found = sorted(answer.topics, key=lambda topic: str(topic[1]))
    return brokers, [_topic_state(name, error, partitions) for error, name, _internal, partitions in found]


def addresses_of(metadata: Any) -> dict[int, str]:
    """Host and port of each broker in a response to a request for metadata, by its number."""
    return {number: f"{host}:{port}" for number, host, port, _rack in metadata.brokers}


def clock_skew() -> tuple[float, float]:
    """The seconds by which the clock of the cluster's controller is ahead of this machine's, and how exact that is."""

    def ask(admin: KafkaAdminClient) -> tuple[float, float]:
        began = time.time()
        answer = admin.send_request(DescribeQuorumRequest(topics=[(_METADATA_LOG, [(0, {})], {})], tags={}))
        took = time.time() - began
        check_code(answer.error_code, "DescribeQuorum on the cluster")
        (partition,) = answer.topics[0][1]
        check_code(partition[1], "DescribeQuorum on the cluster")
        voters = {voter[0]: voter[3] for voter in partition[5]}
        return voters[partition[2]] / 1000 - began - took / 2, took / 2 + _TOLD_WITHIN

    return ask_cluster(ask)


def disks() -> list[Disk]:
    """The folders with topics of all brokers that respond; each tells of its own alone."""

    def ask(admin: KafkaAdminClient) -> list[Disk]:
        answer = admin.send_request(MetadataRequest[5](topics=[], allow_auto_topic_creation=False))
        return [
            found
            for number, address in addresses_of(answer).items()
            if responds(address)
            for found in _disks_of_broker(admin, number, address)
        ]

    return ask_cluster(ask)


def _disks_of_broker(admin: KafkaAdminClient, number: int, address: str) -> list[Disk]:
    answer = admin.send_request(DescribeLogDirsRequest(topics=[], tags={}), node_id=number)
    check_code(answer.error_code, "Describe on the cluster")
    return [
        Disk(address, folder, total, free, has_failed=error != NoError.errno)
        for error, folder, _topics, total, free, _tags in answer.results
    ]


def _topic_state(name: str, error: int, partitions: Sequence[Any]) -> TopicState:
    if error != NoError.errno or not partitions:
        return TopicState(name, is_there=False)
    return TopicState(
        name,
        is_there=True,
        partitions=len(partitions),
        copies=min(len(replicas) for _e, _id, _leader, replicas, *_ in partitions),
        without_leader=sum(leader < 0 for _e, _id, leader, *_ in partitions),
        out_of_sync=sum(len(in_sync) < len(replicas) for _e, _id, _leader, replicas, in_sync, *_ in partitions),
    )
