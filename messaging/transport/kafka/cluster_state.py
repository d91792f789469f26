"""The state of a Kafka cluster: its brokers, our topics and groups, its clock and its disks.

Each function raises TransportUnavailable where the cluster can't be reached, or refuses to tell.
"""

import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoError, for_code
from kafka.protocol.metadata import MetadataRequest

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.connection import connection_settings, topic_name
from messaging.transport.kafka.error_messages import error_message
from messaging.transport.kafka.oldest_records import FETCH_BYTES, Place, publication_times
from messaging.transport.kafka.requests import DescribeLogDirsRequest, DescribeQuorumRequest

Offsets = Mapping[TopicPartition, int]

_METADATA_LOG = "__cluster_metadata"


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
class TopicLag:
    """What a consumer group has yet to commit of a topic.

    Attributes:
        records: how many there are in all its partitions; groups commit once a second.
        seconds: since the oldest of them was published; 0 where there is none, or it can't be fetched.
        lost: how many records Kafka deleted before they were handled.
    """

    topic: str
    records: int
    seconds: float
    lost: int


@dataclass(frozen=True, slots=True)
class GroupState:
    """A consumer group, with its lag in each of the consumer's topics. `name` is the group's, with its prefix."""

    consumer: str
    name: str
    state: str
    members: int
    topics: Sequence[TopicLag]

    @property
    def lag(self) -> int:
        """How many records its members have yet to handle."""
        return sum(topic.records for topic in self.topics)

    @property
    def seconds_behind(self) -> float:
        """For how long the oldest of them has waited."""
        return max((topic.seconds for topic in self.topics), default=0.0)

    @property
    def lost(self) -> int:
        """How many records Kafka deleted before they were handled."""
        return sum(topic.lost for topic in self.topics)


def bootstrap_servers() -> list[str]:
    """Host and port of each, as the settings have them."""
    servers: list[str] = connection_settings()["bootstrap_servers"]
    return servers


def why_not_reached(server: str, *, timeout: float) -> str | None:
    """Why there is no TCP connection to `host:port`, in words; None if there is one."""
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=timeout).close()
    except socket.gaierror:
        return f"the host {host} is not known: DNS has no address of it"
    except ConnectionRefusedError:
        return f"{server} refuses connections: nothing listens there"
    except TimeoutError:
        return f"{server} does not answer within {timeout:.0f} s: the machine is away, or a firewall drops packets"
    except OSError as error:
        return f"{server} can't be reached: {error.strerror or error}"
    return None


def brokers_and_topics(topics: Iterable[str]) -> tuple[list[str], list[TopicState]]:
    """Host and port of each broker, as they announce themselves, and the states of these topics."""
    names = sorted(map(topic_name, topics))
    request = MetadataRequest[5](topics=names, allow_auto_topic_creation=False)
    answer = ask_cluster(lambda admin: admin.send_request(request))
    brokers = [f"{host}:{port}" for _id, host, port, _rack in answer.brokers]
    found = sorted(answer.topics, key=lambda topic: str(topic[1]))
    return brokers, [_topic_state(name, error, partitions) for error, name, _internal, partitions in found]


def groups(readers: Mapping[str, Sequence[str]]) -> list[GroupState]:
    """The states of the groups of consumers, given by their names with the topics that they read."""
    names = {consumer: settings.KAFKA_GROUP_PREFIX + consumer for consumer in readers}
    found = ask_cluster(lambda admin: {consumer: _described(admin, group) for consumer, group in names.items()})
    try:
        lag = _lag({consumer: committed for consumer, (_group, committed) in found.items()}, readers)
    except KafkaError as error:
        raise TransportUnavailable(f"{type(error).__name__}: {error}") from error
    return [
        GroupState(consumer, names[consumer], described.state, len(described.members), lag[consumer])
        for consumer, (described, _committed) in found.items()
    ]


def clock_skew() -> float:
    """By how many seconds the clock of the cluster's controller is ahead of this machine's."""

    def ask(admin: KafkaAdminClient) -> float:
        began = time.time()
        answer = admin.send_request(DescribeQuorumRequest(topics=[(_METADATA_LOG, [(0, {})], {})], tags={}))
        middle = (began + time.time()) / 2
        _check(answer.error_code, "DescribeQuorum on the cluster")
        (partition,) = answer.topics[0][1]
        _check(partition[1], "DescribeQuorum on the cluster")
        voters = {voter[0]: voter[3] for voter in partition[5]}
        return float(voters[partition[2]] / 1000 - middle)

    return ask_cluster(ask)


def disks() -> list[tuple[str, int, int]]:
    """The folders with the topics of one of the brokers, with the bytes of its disk and those that are free."""

    def ask(admin: KafkaAdminClient) -> list[tuple[str, int, int]]:
        answer = admin.send_request(DescribeLogDirsRequest(topics=[], tags={}))
        _check(answer.error_code, "Describe on the cluster")
        return [(folder, total, free) for _error, folder, _topics, total, free, _tags in answer.results if total > 0]

    return ask_cluster(ask)


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


def _described(admin: KafkaAdminClient, group: str) -> tuple[Any, Offsets]:
    """A group, and the offsets that it has committed."""
    (described,) = admin.describe_consumer_groups([group])
    _check(described.error_code, f"Describe on group {group}")
    offsets = admin.list_consumer_group_offsets(group)
    return described, {place: found.offset for place, found in offsets.items() if found.offset >= 0}


def _lag(committed: Mapping[str, Offsets], readers: Mapping[str, Sequence[str]]) -> Mapping[str, list[TopicLag]]:
    """The lag of each consumer in each of its topics, asked for by one client."""
    client = KafkaConsumer(
        **connection_settings(),
        request_timeout_ms=5000,
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    with closing(client):
        positions = {
            consumer: [_position(client, topic, committed[consumer]) for topic in topics]
            for consumer, topics in readers.items()
        }
        behind = [place for each in positions.values() for position in each for place in position.behind.items()]
        published = publication_times(client, behind)
    return {consumer: [position.lag(published) for position in each] for consumer, each in positions.items()}


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a group is in a topic.

    Attributes:
        behind: the next offset of each partition in which there is something.
    """

    topic: str
    behind: Offsets
    records: int
    lost: int

    def lag(self, published: Mapping[Place, float]) -> TopicLag:
        """Its lag, given when the records at its offsets were published, as far as that is known."""
        oldest = min((published[place] for place in self.behind.items() if place in published), default=None)
        seconds = 0.0 if oldest is None else max(0.0, time.time() - oldest)
        return TopicLag(self.topic, self.records, seconds, self.lost)


def _position(client: KafkaConsumer, topic: str, committed: Offsets) -> _Position:
    name = topic_name(topic)
    places = [TopicPartition(name, number) for number in client.partitions_for_topic(name) or ()]
    first, end = client.beginning_offsets(places), client.end_offsets(places)
    # What retention has deleted is no longer waited for.
    positions = {place: max(committed.get(place, first[place]), first[place]) for place in places}
    behind = {place: offset for place, offset in positions.items() if offset < end[place]}
    return _Position(
        topic,
        behind,
        records=sum(end[place] - offset for place, offset in behind.items()),
        lost=sum(max(0, first[place] - committed[place]) for place in places if place in committed),
    )


def _check(code: int, acl: str) -> None:
    error = for_code(code)
    if error is not NoError:
        raise TransportUnavailable(error_message(error(), acl=acl))
