"""Partitions that are added to a topic while consumers and publishers are at work, on a real Kafka.

Reports of others: ClickHouse/ClickHouse#35963 (never taken up), dpkp/kafka-python#265 (never published to),
tulios/kafkajs#93 (five minutes).
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewPartitions

from messaging.consuming.runtime import ConsumerRunner
from messaging.events import new_id
from messaging.transport.kafka import connect_producer
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.subscription import KafkaSubscription
from tests.toy_events import Happened, Recorder, as_message, consumer
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]

WITHIN = 45.0  # seconds, on a busy machine; the library's own interval is 300


@pytest.fixture(autouse=True)
def _short_sessions(kafka, settings) -> None:
    settings.KAFKA_SESSION_TIMEOUT_MS = 1000


@pytest.fixture
def members() -> Iterator[list[Recorder]]:
    """Two consumers of a group at work."""
    stopping, recorders = threading.Event(), [Recorder(), Recorder()]
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        running = []
        for recorder in recorders:
            subscription = KafkaSubscription("toy", ["orders"])
            runner = ConsumerRunner(consumer(recorder), lambda *_, found=subscription: found, stopping)
            running.append(pool.submit(runner.run))
        stack.callback(stopping.set)
        yield recorders
    for each in running:
        each.result()


def add_partitions(topic: str, count: int) -> None:
    with closing(KafkaAdminClient(**connection_settings())) as admin:
        admin.create_partitions({topic: NewPartitions(count)})


def written(topic: str, partitions: range) -> int:
    """The number of records in these partitions."""
    with closing(KafkaConsumer(**connection_settings())) as reader:
        return sum(reader.end_offsets([TopicPartition(topic, number) for number in partitions]).values())


def test_partitions_that_are_added_are_written_to_and_read_within_seconds(kafka, members):
    sent: list[int] = []
    with closing(connect_producer()) as producer:

        def send(*numbers: int) -> None:
            messages = [as_message(Happened(order_id=new_id(), number=number)) for number in numbers]
            assert producer.send(messages) == [None] * len(messages)
            sent.extend(numbers)

        def handled() -> list[int]:
            return sorted(number for recorder in members for number in recorder.numbers)

        send(*range(20))
        wait_until(lambda: handled() == sent, within=WITHIN, what="all is read before")

        add_partitions(f"{kafka}orders", 9)

        def is_written_to() -> bool:
            send(len(sent))
            return written(f"{kafka}orders", range(3, 9)) >= 5

        wait_until(is_written_to, within=WITHIN, what="this publisher knows the new partitions")
        wait_until(lambda: handled() == sent, within=WITHIN, what="the consumers do, too, and nothing is missing")
