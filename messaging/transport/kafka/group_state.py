"""The state of our consumer groups, as the cluster knows them: who is a member, and how far each is behind."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.connection import connection_settings, topic_name
from messaging.transport.kafka.error_messages import error_message
from messaging.transport.kafka.oldest_records import FETCH_BYTES, Place, Stamps, stamps_of

T = TypeVar("T")
COORDINATOR_TIMEOUT, _PAUSE = 5.0, 0.2  # seconds
_NO_COORDINATOR = CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError

Offsets = Mapping[TopicPartition, int]


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


def groups(readers: Mapping[str, Sequence[str]]) -> list[GroupState]:
    """The states of the groups of consumers, given by their names with the topics that they read."""
    names = {consumer: settings.KAFKA_GROUP_PREFIX + consumer for consumer in readers}

    def ask(admin: KafkaAdminClient) -> list[GroupState]:
        found = {consumer: _described(admin, group) for consumer, group in names.items()}
        committed = {consumer: offsets for consumer, (_group, offsets) in found.items()}
        lag = _lag(committed, readers, servers=admin.config["bootstrap_servers"])
        return [
            GroupState(consumer, names[consumer], described.state, len(described.members), lag[consumer])
            for consumer, (described, _committed) in found.items()
        ]

    return ask_cluster(ask)


def _described(admin: KafkaAdminClient, group: str) -> tuple[Any, Offsets]:
    """A group, and the offsets that it has committed."""
    try:
        (described,) = _when_there_is_a_coordinator(lambda: admin.describe_consumer_groups([group]))
        offsets = _when_there_is_a_coordinator(lambda: admin.list_consumer_group_offsets(group))
    except AuthorizationError as error:
        raise TransportUnavailable(error_message(error, acl=f"Describe on group {group}")) from error
    return described, {place: found.offset for place, found in offsets.items() if found.offset >= 0}


def _when_there_is_a_coordinator(ask: Callable[[], T]) -> T:
    """The answer of a group's coordinator.

    A new cluster has none until it has made its topic of groups: when first asked. A new leader of a partition of that
    topic has to read it first.

    Raises:
        CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError: there is none after
            COORDINATOR_TIMEOUT.
    """
    end = time.monotonic() + COORDINATOR_TIMEOUT
    while True:
        try:
            return ask()
        except _NO_COORDINATOR:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _lag(
    committed: Mapping[str, Offsets], readers: Mapping[str, Sequence[str]], *, servers: Sequence[str]
) -> Mapping[str, list[TopicLag]]:
    """The lag of each consumer in each of its topics, asked for by one client that these servers are known to."""
    client = KafkaConsumer(
        **connection_settings() | {"bootstrap_servers": servers},
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
        stamps = stamps_of(client, behind)
    return {consumer: [position.lag(stamps) for position in each] for consumer, each in positions.items()}


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

    def lag(self, stamps: Mapping[Place, Stamps]) -> TopicLag:
        """The lag in this topic, given the times of the records at its offsets, as far as they are known."""
        now = time.time()
        published = [stamps[place].published(now) for place in self.behind.items() if place in stamps]
        seconds = max(0.0, now - min(published, default=now))
        return TopicLag(self.topic, self.records, seconds, self.lost)


def _position(client: KafkaConsumer, topic: str, committed: Offsets) -> _Position:
    name = topic_name(topic)
    places = [TopicPartition(name, number) for number in client.partitions_for_topic(name) or ()]
    first, end = client.beginning_offsets(places), client.end_offsets(places)
    positions = {place: committed.get(place, first[place]) for place in places}
    # Kafka has deleted what was there, or the partition was made anew, is shorter, and is read from its beginning.
    positions |= {place: first[place] for place in places if not first[place] <= positions[place] <= end[place]}
    behind = {place: offset for place, offset in positions.items() if offset < end[place]}
    return _Position(
        topic,
        behind,
        records=sum(end[place] - offset for place, offset in behind.items()),
        lost=sum(max(0, first[place] - committed[place]) for place in places if place in committed),
    )
