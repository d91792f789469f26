"""Kafka by way of kafka-python 2.3.3: the only modules that know the library.

Settings and precautions are those of docs/decisions/0002-kafka-python-2.md, where each departure from the defaults was
measured.
"""

from collections.abc import Sequence

from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES as MAX_MESSAGE_BYTES
from messaging.transport.kafka.producer import KafkaTransportProducer
from messaging.transport.kafka.subscription import KafkaSubscription


def connect_producer() -> KafkaTransportProducer:
    return KafkaTransportProducer()


def subscribe(group: str, topics: Sequence[str]) -> KafkaSubscription:
    return KafkaSubscription(group, topics)
