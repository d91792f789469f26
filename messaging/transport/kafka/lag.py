"""How far consumer groups are behind, as the cluster knows it."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from django.conf import settings
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.connection import connection_settings, topic_name

_FETCH_WITHIN = 2.0  # seconds for the oldest records of all partitions together
_FETCH_BYTES = 64 * 1024  # of a partition; Kafka sends a larger record whole

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Lag:
    """What a consumer group has yet to commit of a topic.

    Attributes:
        events: how many; groups commit once a second, so a few of a busy one are handled already.
        seconds: since the oldest of them was published; 0 where there is none, or it can't be fetched.
        members: of the group, whatever they read.
    """

    consumer: str
    topic: str
    events: int
    seconds: float
    members: int


def lags(topics_of: Mapping[str, Sequence[str]]) -> list[Lag]:
    """The lag of each consumer in each of its topics; `topics_of` has their topics by name.

    Raises:
        TransportUnavailable: the cluster can't be reached, or rejects the log-in or the request.
    """
    groups = {consumer: settings.KAFKA_GROUP_PREFIX + consumer for consumer in topics_of}
    members = ask_cluster(lambda admin: _members(admin, groups.values()))
    committed = ask_cluster(lambda admin: {group: _committed(admin, group) for group in groups.values()})
    try:
        with closing(_reader()) as reader:
            return [
                _lag(reader, consumer, topic, committed[group], members[group])
                for consumer, group in groups.items()
                for topic in topics_of[consumer]
            ]
    except KafkaError as error:
        raise TransportUnavailable(f"{type(error).__name__}: {error}") from error


def _reader() -> KafkaConsumer:
    return KafkaConsumer(**connection_settings(), enable_auto_commit=False, max_partition_fetch_bytes=_FETCH_BYTES)


def _members(admin: KafkaAdminClient, groups: Iterable[str]) -> Counter[str]:
    found = admin.describe_consumer_groups(list(groups))
    return Counter({group.group: len(group.members) for group in found})


def _committed(admin: KafkaAdminClient, group: str) -> Offsets:
    offsets = admin.list_consumer_group_offsets(group)
    return {partition: known.offset for partition, known in offsets.items() if known.offset >= 0}


def _lag(reader: KafkaConsumer, consumer: str, topic: str, committed: Offsets, members: int) -> Lag:
    name = topic_name(topic)
    partitions = [TopicPartition(name, number) for number in reader.partitions_for_topic(name) or ()]
    first, end = reader.beginning_offsets(partitions), reader.end_offsets(partitions)
    # What retention has deleted is no longer waited for.
    next_offsets = {each: max(committed.get(each, 0), first[each]) for each in partitions}
    behind = {each: offset for each, offset in next_offsets.items() if offset < end[each]}
    events = sum(end[each] - offset for each, offset in behind.items())
    return Lag(consumer, topic, events, _age_of_oldest(reader, behind), members)


def _age_of_oldest(reader: KafkaConsumer, offsets: Offsets) -> float:
    """Seconds since the oldest of the records at these offsets was published."""
    published: list[int] = []
    reader.assign(list(offsets))
    for partition, offset in offsets.items():
        reader.seek(partition, offset)
    until = time.monotonic() + _FETCH_WITHIN
    while len(published) < len(offsets) and time.monotonic() < until:
        for partition, records in reader.poll(timeout_ms=200).items():
            reader.pause(partition)
            published.append(records[0].timestamp)
    return max(0.0, time.time() - min(published) / 1000) if published else 0.0
