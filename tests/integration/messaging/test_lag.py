"""How far consumer groups are behind, as a real Kafka knows it."""

from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaConsumer

from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, group_state, subscribe
from messaging.transport.kafka.lag import lags
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka
READS = {"inventory": ("orders",), "orders": ("inventory", "invoicing")}


def test_consumers_that_are_behind_at_different_places_are_asked_about_by_one_client(kafka, monkeypatch):
    with closing(connect_producer()) as producer:
        for topic in ("orders", "inventory"):
            producer.send([Message(topic, str(n).encode(), b"{}", []) for n in range(20)])
    member = subscribe("inventory", ("orders",))
    records = []
    wait_until(lambda: records.extend(member.poll(timeout=0.2, max_records=50)) or len(records) == 20)
    member.commit([record for record in records if record.offset == 0])  # the first of each partition
    member.close()
    clients = []

    class Counted(KafkaConsumer):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            clients.append(self)

    monkeypatch.setattr(group_state, "KafkaConsumer", Counted)

    found = lags({"inventory": ("orders",), "invoicing": ("orders",), "orders": ("inventory",)})

    partitions = len({record.partition for record in records})
    assert [lag.records for lag in found] == [20 - partitions, 20, 20]
    assert all(0 < lag.seconds < 600 for lag in found)
    assert len(clients) == 1


def test_lag_is_told_in_events_and_in_seconds_since_the_oldest_was_published(kafka):
    producer = connect_producer()
    producer.send([Message("orders", str(n).encode(), b"{}", []) for n in range(7)])
    producer.close()
    subscription = subscribe("inventory", ("orders",))
    records = []

    def some_came() -> bool:
        records.extend(subscription.poll(timeout=0.2, max_records=2))
        return bool(records)

    wait_until(some_came, what="some records come")

    behind = {lag.topic: lag for lag in lags(READS)}

    assert behind["orders"].records == 7
    assert 0 < behind["orders"].seconds < 600
    assert behind["orders"].members == 1
    assert (behind["inventory"].records, behind["inventory"].seconds, behind["inventory"].members) == (0, 0.0, 0)

    subscription.commit(records)
    subscription.close()  # which sends the offsets
    after = {lag.topic: lag for lag in lags(READS)}
    assert after["orders"].records == 7 - len(records)
    assert after["orders"].members == 0
