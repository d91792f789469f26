"""The clocks of all brokers, by the records that they took.

Kafka tells of one broker's clock alone, the controller's (`clock_skew` in cluster_state.py). But each broker stamps the
records of the partitions that it leads.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import closing

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.protocol.metadata import MetadataRequest

from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.cluster_state import addresses_of
from messaging.transport.kafka.connection import connection_settings, topic_name
from messaging.transport.kafka.oldest_records import FETCH_BYTES, Stamps, stamps_of


def clocks_of_brokers(topics: Iterable[str]) -> Mapping[str, float]:
    """The seconds by which the clock of each broker is ahead at least, below 0 if it is behind; 0 if nothing shows it.

    By host and port; a broker that leads no partition with records is left out.

    Raises:
        TransportUnavailable: the cluster can't be reached, or refuses to tell.
    """
    names = sorted(map(topic_name, topics))

    def ask(admin: KafkaAdminClient) -> Mapping[str, float]:
        leaders = _leaders(admin, names)
        newest: dict[str, Stamps] = {}
        for place, stamps in _newest_records(list(leaders), admin.config["bootstrap_servers"]).items():
            broker = leaders[place]
            newest[broker] = max(newest.get(broker, stamps), stamps, key=_age)
        now = time.time()
        return {broker: stamps.wrong_by(now) for broker, stamps in newest.items()}

    return ask_cluster(ask)


def _age(stamps: Stamps) -> float:
    """What of a broker's records tells the newest, whatever its clock says."""
    return stamps.appended if stamps.made is None else stamps.made


def _leaders(admin: KafkaAdminClient, names: list[str]) -> Mapping[TopicPartition, str]:
    """Host and port of the broker that leads each partition, where one does."""
    answer = admin.send_request(MetadataRequest[5](topics=names, allow_auto_topic_creation=False))
    brokers = addresses_of(answer)
    return {
        TopicPartition(name, number): brokers[leader]
        for _error, name, _internal, partitions in answer.topics
        for _e, number, leader, *_ in partitions
        if leader in brokers
    }


def _newest_records(partitions: list[TopicPartition], servers: list[str]) -> Mapping[TopicPartition, Stamps]:
    """The times of the newest record of each partition that has one."""
    client = KafkaConsumer(
        **connection_settings() | {"bootstrap_servers": servers},
        request_timeout_ms=5000,
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    with closing(client):
        first, end = client.beginning_offsets(partitions), client.end_offsets(partitions)
        found = stamps_of(client, [(place, end[place] - 1) for place in partitions if first[place] < end[place]])
    return {place: stamps for (place, _offset), stamps in found.items()}
