"""The contract of a broker, for both transports: the real Kafka and its in-memory twin."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from messaging.transport import kafka as kafka_transport
from messaging.transport.base import Message, Producer, Record, Subscription
from tests.waiting import wait_until


@dataclass
class Broker:
    producer: Callable[[], Producer]
    subscribe: Callable[..., Subscription]
    stack: ExitStack

    def join(self, group: str = "readers") -> Subscription:
        return self.stack.enter_context(closing(self.subscribe(group, ["orders", "inventory"])))

    def send(self, *messages: Message) -> list[object]:
        with closing(self.producer()) as producer:
            return list(producer.send(messages))


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def transport(request) -> Iterator[Broker]:
    with ExitStack() as stack:
        if request.param == "memory":
            memory = request.getfixturevalue("broker")
            yield Broker(memory.producer, memory.subscribe, stack)
        else:
            request.getfixturevalue("kafka")
            yield Broker(kafka_transport.connect_producer, kafka_transport.subscribe, stack)


def message(key: str, value: str, topic: str = "orders") -> Message:
    return Message(topic, key.encode(), value.encode(), [("ce_type", b"test.v1")])


def take(subscription: Subscription, count: int) -> list[Record]:
    records: list[Record] = []
    wait_until(lambda: records.extend(subscription.poll(timeout=0.5, max_records=100)) or len(records) >= count)
    return records


def test_a_message_arrives_with_its_key_headers_and_topic(transport):
    assert transport.send(message("a", "1")) == [None]

    (record,) = take(transport.join(), 1)

    assert (record.topic, record.key, record.value) == ("orders", b"a", b"1")
    assert list(record.headers) == [("ce_type", b"test.v1")]


def test_messages_of_one_key_arrive_in_order(transport):
    transport.send(*(message(f"key-{n % 5}", str(n)) for n in range(200)))

    values = [(record.key, int(record.value or b"")) for record in take(transport.join(), 200)]

    for key in {key for key, _ in values}:
        own = [number for found, number in values if found == key]
        assert own == sorted(own)


def test_a_message_that_is_too_large_fails_for_good_and_alone(transport):
    large = Message("orders", b"large", b"x" * (kafka_transport.MAX_MESSAGE_BYTES + 1), [])

    first, failure, last = transport.send(message("a", "1"), large, message("b", "2"))

    assert (first, last) == (None, None)
    assert failure.permanent
    assert len(take(transport.join(), 2)) == 2


def test_what_was_committed_does_not_come_again(transport):
    transport.send(message("a", "1"), message("a", "2"))
    with closing(transport.join()) as first:
        records = take(first, 2)
        first.commit(records[:1])

    assert [record.value for record in take(transport.join(), 1)] == [b"2"]


def test_commits_in_quick_succession_all_count_in_the_end(transport):
    transport.send(*(message("a", str(number)) for number in range(4)))
    with closing(transport.join()) as first:
        records = take(first, 4)
        for record in records[:3]:
            first.commit([record])

    assert [record.value for record in take(transport.join(), 1)] == [b"3"]


def test_what_was_committed_does_not_come_again_to_whoever_takes_over(transport):
    transport.send(*(message(f"key-{number}", str(number)) for number in range(20)))
    first = transport.join()
    for record in take(first, 20):
        first.commit([record])
    generation = first.generation
    second = transport.join()
    came: list[Record] = []

    def dealt_out_anew() -> bool:
        for member in (first, second):
            came.extend(member.poll(timeout=0.2, max_records=100))
        return first.generation > generation and first.assigned and second.assigned

    wait_until(dealt_out_anew)
    transport.send(message("key-1", "new"))
    wait_until(lambda: dealt_out_anew() and came)

    assert [record.value for record in came] == [b"new"]


def test_what_was_not_committed_comes_again(transport):
    transport.send(message("a", "1"))
    with closing(transport.join()) as first:
        take(first, 1)

    assert [record.value for record in take(transport.join(), 1)] == [b"1"]


def test_records_that_are_given_back_are_polled_again(transport):
    transport.send(message("a", "1"), message("a", "2"), message("a", "3"))
    subscription = transport.join()
    records = take(subscription, 3)

    subscription.rewind(records[1:])

    assert [record.value for record in take(subscription, 2)] == [b"2", b"3"]


def test_groups_do_not_disturb_each_other(transport):
    transport.send(message("a", "1"))

    assert len(take(transport.join("one"), 1)) == 1
    assert len(take(transport.join("two"), 1)) == 1


def test_the_members_of_a_group_share_its_partitions(transport):
    first = transport.join()
    wait_until(lambda: first.poll(timeout=0.5, max_records=1) or first.assigned)
    generation = first.generation

    second = transport.join()

    def both_settled() -> bool:
        first.poll(timeout=0.5, max_records=1)
        second.poll(timeout=0.5, max_records=1)
        return first.generation > generation and first.assigned and second.assigned

    wait_until(both_settled)
    transport.send(*(message(f"key-{n}", str(n)) for n in range(60)))
    mine: list[Record] = []
    theirs: list[Record] = []

    def all_there() -> bool:
        mine.extend(first.poll(timeout=0.5, max_records=100))
        theirs.extend(second.poll(timeout=0.5, max_records=100))
        return len(mine) + len(theirs) >= 60

    wait_until(all_there)
    assert {r.partition for r in mine}.isdisjoint({r.partition for r in theirs})
    assert mine
    assert theirs


def test_lag_counts_what_is_still_to_be_polled(transport):
    transport.send(message("a", "1"), message("a", "2"))
    subscription = transport.join()
    wait_until(lambda: subscription.poll(timeout=0.5, max_records=1))

    assert subscription.lag() == 1
    take(subscription, 1)
    assert subscription.lag() == 0


def test_a_backlog_of_large_messages_is_polled(transport):
    """kafka-python refuses answers of more than 1 MB unless told otherwise, and then asks again for ever."""
    large = "x" * 900_000
    for _ in range(4):
        transport.send(*(message(f"key-{n}", large) for n in range(6)))

    assert len(take(transport.join(), 24)) == 24


def test_a_message_as_large_as_may_be_is_polled(transport):
    transport.send(message("a", "x" * (kafka_transport.MAX_MESSAGE_BYTES - 1000)))

    assert len(take(transport.join(), 1)) == 1


def test_keeping_alive_takes_no_records(transport):
    subscription = transport.join()
    wait_until(lambda: subscription.poll(timeout=0.5, max_records=1) or subscription.assigned)
    transport.send(message("a", "1"))

    subscription.keep_alive(timeout=0.6)

    assert [record.value for record in take(subscription, 1)] == [b"1"]
