"""Records that Kafka deletes before a consumer has read them: it says which, and counts them.

PostHog/posthog#20283, tulios/kafkajs#1777: a consumer went on behind them in silence.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, TopicPartition
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from messaging.transport.base import Message, Record
from messaging.transport.kafka import connect_producer, subscribe
from messaging.transport.kafka.connection import connection_settings, topic_name
from messaging.transport.kafka.subscription import KafkaSubscription
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.usefixtures("kafka")]


@pytest.fixture
def log() -> Iterator[list[dict[str, object]]]:
    """What is said of gaps."""
    with capture_logs() as lines:
        yield lines


def send(count: int) -> None:
    """Send so many messages to one partition."""
    with closing(connect_producer()) as producer:
        assert producer.send([Message("orders", b"key", b"{}", [])] * count) == [None] * count


def read(member: KafkaSubscription, count: int) -> list[Record]:
    records: list[Record] = []
    wait_until(lambda: records.extend(member.poll(timeout=0.2, max_records=50)) or len(records) >= count)
    return records


def delete(record: Record, *, before: int) -> None:
    """Delete the records of a partition that come before an offset, as retention would."""
    with closing(KafkaAdminClient(**connection_settings())) as admin:
        admin.delete_records({TopicPartition(topic_name(record.topic), record.partition): before})


def skipped() -> float:
    return (
        REGISTRY.get_sample_value(
            "orderflow_consumer_skipped_events_total", {"consumer": "inventory", "topic": "orders"}
        )
        or 0
    )


def said(log: list[dict[str, object]]) -> list[tuple[object, ...]]:
    lines = [line for line in log if line["event"] == "events_skipped"]
    return [(line["first_offset"], line["last_offset"], line["records"], line["log_level"]) for line in lines]


def test_what_was_deleted_while_a_consumer_was_away_is_named_and_counted(log):
    with closing(subscribe("inventory", ["orders"])) as member:
        send(3)
        records = read(member, 3)
        member.commit(records)
    send(5)
    delete(records[0], before=7)
    before = skipped()

    with closing(subscribe("inventory", ["orders"])) as member:
        assert [record.offset for record in read(member, 1)] == [7]

    assert said(log) == [(3, 6, 4, "error")]
    assert skipped() - before == 4


def test_what_is_deleted_before_a_consumer_that_runs_is_named_and_counted(log):
    with closing(subscribe("inventory", ["orders"])) as member:
        send(3)
        records = read(member, 3)
        member.rewind(records[1:])
        send(2)
        delete(records[0], before=4)

        def came_behind_the_gap() -> bool:
            return any(record.offset == 4 for record in member.poll(timeout=0.2, max_records=1))

        wait_until(came_behind_the_gap)

    assert [line[:2] for line in said(log)] in ([(1, 3)], [(2, 3)], [(3, 3)])  # by what was fetched already


def test_nothing_is_said_of_records_that_were_handled_or_that_a_new_group_never_was_to_read(log):
    with closing(subscribe("inventory", ["orders"])) as member:
        send(3)
        records = read(member, 3)
        member.commit(records)
    delete(records[0], before=2)
    send(1)
    with closing(subscribe("inventory", ["orders"])) as member:
        assert [record.offset for record in read(member, 1)] == [3]
        member.rewind(read_again := records[2:])
        assert len(read(member, 2)) == 1 + len(read_again)
    with closing(subscribe("invoicing", ["orders"])) as newcomer:
        assert [record.offset for record in read(newcomer, 2)] == [2, 3]

    assert said(log) == []
