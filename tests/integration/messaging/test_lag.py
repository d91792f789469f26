"""How far consumer groups are behind, as a real Kafka knows it."""

from contextlib import closing
from dataclasses import replace
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


# redpanda-data/console#590, apache/rocketmq#4774: of a group that is beyond the end, 0 are said to wait, or less.
def test_a_group_that_is_beyond_the_end_of_a_topic_has_all_of_it_before_it(kafka):
    """As after the disk of a broker was lost, or with another Kafka that has the groups of the one before."""
    with closing(connect_producer()) as producer:
        producer.send([Message("orders", str(n).encode(), b"{}", []) for n in range(7)])
    records = all_of(subscribe("inventory", ("orders",)), number=7, beyond=1000)

    (lag,) = lags({"inventory": ("orders",)})
    assert lag.records == len(records) == 7
    assert lag.seconds > 0

    again = all_of(subscribe("inventory", ("orders",)), number=7, beyond=0)
    assert {(record.partition, record.offset) for record in again} == {(r.partition, r.offset) for r in records}
    assert lags({"inventory": ("orders",)})[0].records == 0


def all_of(member, *, number, beyond):
    """What a member gets; it commits that it has handled this many more of each partition."""
    records = []
    wait_until(lambda: records.extend(member.poll(timeout=0.2, max_records=50)) or len(records) == number)
    member.commit([replace(record, offset=record.offset + beyond) for record in records])
    member.close()
    return records
