"""The events that a consumer gets which reads every topic from its beginning."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from kafka import KafkaConsumer, TopicPartition

TOPICS = ("orders", "inventory", "invoicing", "backorders")
TIMEOUT = 120.0  # seconds without the end of the topics
_ANSWER_BYTES = 64 * 1024 * 1024  # more than one fetch: kafka-python refuses longer answers


@dataclass(frozen=True)
class ConsumedEvent:
    """An event as it was consumed. `at`: milliseconds, by its producer's clock."""

    topic: str
    partition: int
    offset: int
    at: int
    order_id: str
    event_id: str
    type: str


def consume_all(bootstrap_servers: str) -> list[ConsumedEvent]:
    """All events that are in the topics now, those of a partition in its order.

    Raises:
        TimeoutError: the topics could not be read to their end.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        group_id=f"judge-{uuid4().hex}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        receive_message_max_bytes=_ANSWER_BYTES,
    )
    try:
        return list(_read(consumer))
    finally:
        consumer.close()


def _read(consumer: Any) -> Iterator[ConsumedEvent]:
    partitions = [TopicPartition(topic, n) for topic in TOPICS for n in consumer.partitions_for_topic(topic) or ()]
    left = {partition: end for partition, end in consumer.end_offsets(partitions).items() if end}
    consumer.subscribe(TOPICS)
    deadline = time.monotonic() + TIMEOUT
    while left:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the topics can't be read to their end: {left}")
        for partition, records in consumer.poll(timeout_ms=500).items():
            yield from map(_consumed_event, records)
            if partition in left and consumer.position(partition) >= left[partition]:
                del left[partition]


def _consumed_event(record: Any) -> ConsumedEvent:
    headers = dict(record.headers)
    return ConsumedEvent(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        at=record.timestamp,
        order_id=record.key.decode(),
        event_id=headers["ce_id"].decode(),
        type=headers["ce_type"].decode(),
    )
