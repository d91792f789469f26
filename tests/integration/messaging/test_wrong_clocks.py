"""Publishers whose clocks are wrong: Kafka takes their events, and keeps them for as long as others.

Reports of others: apache/kafka#13709 (records from the future are rejected), elastic/docs-content#2587.
"""

import time
from contextlib import closing
from datetime import timedelta

import pytest
from kafka import KafkaProducer

from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, subscribe
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.usefixtures("kafka")]


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(days=-40)])
def test_an_event_bears_the_time_of_kafka_whatever_its_publishers_clock_says(monkeypatch, off):
    now = time.time()
    send, ours = KafkaProducer.send, int((now + off.total_seconds()) * 1000)
    monkeypatch.setattr(KafkaProducer, "send", lambda *args, **options: send(*args, **options, timestamp_ms=ours))

    with closing(connect_producer()) as producer:
        sent = producer.send([Message("orders", b"a", b"{}", [("ce_type", b"test.v1")])])

    assert sent == [None]
    with closing(subscribe("readers", ["orders"])) as subscription:
        records = []
        wait_until(lambda: records.extend(subscription.poll(timeout=0.5, max_records=1)) or records)
    assert abs(records[0].timestamp / 1000 - now) < 60
