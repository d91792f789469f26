"""How far consumer groups are behind, as a real Kafka knows it."""

import pytest

from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, subscribe
from messaging.transport.kafka.lag import lags
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka
READS = {"inventory": ("orders",), "orders": ("inventory", "invoicing")}


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

    assert behind["orders"].events == 7
    assert 0 < behind["orders"].seconds < 600
    assert behind["orders"].members == 1
    assert (behind["inventory"].events, behind["inventory"].seconds, behind["inventory"].members) == (0, 0.0, 0)

    subscription.commit(records)
    subscription.close()  # which sends the offsets
    after = {lag.topic: lag for lag in lags(READS)}
    assert after["orders"].events == 7 - len(records)
    assert after["orders"].members == 0
