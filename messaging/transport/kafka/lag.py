"""How far consumer groups are behind, as the cluster knows it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.cluster_state import Offsets, groups
from messaging.transport.kafka.connection import connection_settings

_FETCH_WITHIN = 2.0  # seconds for the oldest records of all partitions of a topic
_FETCH_BYTES = 64 * 1024  # of a partition; Kafka sends a larger record whole


@dataclass(frozen=True, slots=True)
class Lag:
    """What a consumer group has yet to commit of a topic.

    Attributes:
        events: how many; groups commit once a second, so a few of a busy one are handled already.
        seconds: since the oldest of them was published; 0 where there is none, or it can't be fetched.
        members: of the group, whatever they read.
        lost: how many events Kafka deleted before they were handled.
    """

    consumer: str
    topic: str
    events: int
    seconds: float
    members: int
    lost: int = 0


def lags(readers: Mapping[str, Sequence[str]]) -> list[Lag]:
    """The lag of each consumer in each of its topics; `readers` has the topics of consumers by their names.

    Raises:
        TransportUnavailable: the cluster can't be reached, or rejects the log-in or the request.
    """
    states = groups(readers)
    try:
        return [
            Lag(group.consumer, topic.topic, topic.records, _age_of_oldest(topic.behind), group.members, topic.lost)
            for group in states
            for topic in group.topics
        ]
    except KafkaError as error:
        raise TransportUnavailable(f"{type(error).__name__}: {error}") from error


def _age_of_oldest(offsets: Offsets) -> float:
    """Seconds since the oldest of the records at these offsets was published; 0 of none."""
    if not offsets:
        return 0.0
    with closing(
        KafkaConsumer(**connection_settings(), enable_auto_commit=False, max_partition_fetch_bytes=_FETCH_BYTES)
    ) as reader:
        published = _publication_times(reader, offsets)
    return max(0.0, time.time() - min(published) / 1000) if published else 0.0


def _publication_times(reader: KafkaConsumer, offsets: Offsets) -> list[int]:
    """When the records at these offsets were published, in ms since 1970, as far as they come in time."""
    published: list[int] = []
    reader.assign(list(offsets))
    for partition, offset in offsets.items():
        reader.seek(partition, offset)
    until = time.monotonic() + _FETCH_WITHIN
    while len(published) < len(offsets) and time.monotonic() < until:
        for partition, records in reader.poll(timeout_ms=200).items():
            reader.pause(partition)
            published.append(records[0].timestamp)
    return published
