"""Partitions that change hands while a batch is being handled, on a real Kafka: each event takes effect once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from django.db import OperationalError
from kafka import KafkaAdminClient

from messaging.consuming.batches import Handler
from messaging.consuming.runtime import ConsumerRunner
from messaging.models import DeadLetter, OutboxMessage
from messaging.outbox import recording
from messaging.transport.kafka import connect_producer
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.subscription import KafkaSubscription
from tests.concurrency import somebody_waits_for_a_lock
from tests.toy_events import Happened, Undone, as_message, consumer, happened
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _short_sessions(kafka, settings) -> None:
    settings.KAFKA_SESSION_TIMEOUT_MS = 1000


def take_effect(events: Sequence[Happened]) -> None:
    """Record an effect in the transaction of the batch."""
    recording.record_all(Undone(order_id=event.order_id, number=event.number) for event in events)


def effects() -> int:
    return OutboxMessage.objects.count()


class Slow:
    """A handler that waits in its first batch, after its effect, until a test lets it go on."""

    def __init__(self) -> None:
        self.at_work, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, events: Sequence[Happened]) -> None:
        take_effect(events)
        self.at_work.set()
        assert self.may_go_on.wait(60)


class Hindered:
    """A handler that fails with a deadlock each time, until a test lets it succeed."""

    def __init__(self) -> None:
        self.tries, self.free = 0, False

    def __call__(self, events: Sequence[Happened]) -> None:
        take_effect(events)
        self.tries += 1
        if not self.free:
            raise OperationalError("deadlock detected") from _Deadlock()


class _Deadlock(Exception):
    pgcode = "40P01"


@contextmanager
def member(handler: Handler, *, max_poll_interval: float = 120.0) -> Iterator[KafkaSubscription]:
    """A consumer that runs in a thread until the end of the block."""
    subscription = KafkaSubscription("toy", ["orders"], max_poll_interval=max_poll_interval)
    stopping = threading.Event()
    runner = ConsumerRunner(consumer(handler), lambda *_: subscription, stopping)
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        running = pool.submit(runner.run)
        stack.callback(stopping.set)
        yield subscription
    running.result()


def send(*numbers: int) -> None:
    with closing(connect_producer()) as producer:
        assert producer.send([as_message(happened(number)) for number in numbers]) == [None] * len(numbers)


def group_state(kafka: str) -> str:
    with closing(KafkaAdminClient(**connection_settings())) as admin:
        (group,) = admin.describe_consumer_groups([f"{kafka}toy"])
        return str(group.state)


def each_took_effect_once(count: int) -> None:
    wait_until(lambda: effects() >= count, what=f"{count} effects")
    numbers = sorted(int(body.partition('"number":')[2].rstrip("}")) for body in _bodies())
    assert numbers == list(range(count))
    assert not DeadLetter.objects.exists()


def _bodies() -> list[str]:
    return list(OutboxMessage.objects.values_list("body", flat=True))


def test_a_handler_that_outlasts_its_poll_interval_does_no_harm():
    """The group gives its partitions to another member, which is handed the same events while they are at work."""
    slow = Slow()
    send(0, 1, 2)
    with member(slow, max_poll_interval=1.5) as first:
        slow.at_work.wait(30)
        generation = first.generation
        with member(take_effect) as second:
            wait_until(somebody_waits_for_a_lock, what="the second has the events that the first has in hand")
            assert second.assigned
            slow.may_go_on.set()
            each_took_effect_once(3)
            wait_until(lambda: first.assigned and first.generation > generation, what="the first is back in the group")
            send(*range(3, 12))
            each_took_effect_once(12)


def test_a_member_that_joins_in_the_middle_of_a_batch_waits_for_its_end(kafka):
    slow = Slow()
    send(*range(6))
    with member(slow) as first:
        slow.at_work.wait(30)
        with member(take_effect) as second:
            wait_until(lambda: group_state(kafka) == "PreparingRebalance", what="the second asks to join")
            assert not second.assigned
            slow.may_go_on.set()
            wait_until(
                lambda: first.generation > 1 and first.assigned and second.assigned, what="both have their share"
            )
            send(*range(6, 18))
            each_took_effect_once(18)


def test_a_batch_that_waits_for_better_times_is_given_up_when_its_partitions_go_elsewhere():
    hindered = Hindered()
    send(*range(12))
    with member(hindered):
        wait_until(lambda: hindered.tries > 1, what="it has tried")
        with member(take_effect) as second:
            wait_until(lambda: second.assigned and effects(), what="the second handles its share")
            hindered.free = True
            each_took_effect_once(12)
