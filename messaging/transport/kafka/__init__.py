"""Kafka by way of kafka-python 2.3.3: the only modules that know the library.

Settings and precautions are those of docs/decisions/0002-kafka-python-2.md, where each departure from the defaults was
measured.
"""

from collections.abc import Sequence

from common import tracing
from messaging.transport.base import Producer
from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES as MAX_MESSAGE_BYTES
from messaging.transport.kafka.header_names import escape_names
from messaging.transport.kafka.producer import KafkaTransportProducer
from messaging.transport.kafka.subscription import KafkaSubscription
from messaging.transport.traced import TracedProducer

escape_names()


def connect_producer() -> Producer:
    producer = KafkaTransportProducer()
    return TracedProducer(producer) if tracing.tracer() else producer


def subscribe(group: str, topics: Sequence[str]) -> KafkaSubscription:
    return KafkaSubscription(group, topics)
