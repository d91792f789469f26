"""Two versions of a consumer side by side: what only the newer one knows is neither lost nor in the way of the older.

Reports of what others do about it: formbricks/formbricks#9123 (the older version completes what it does not know, and
nothing is left to replay), namastack/namastack-outbox#464 (it fails, and blocks), zalando/nakadi#1561.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
from django.db import OperationalError

from messaging.consuming import runtime
from messaging.consuming.batches import BatchHandler, Consumer
from messaging.consuming.runtime import ConsumerRunner
from messaging.dead_letters.replay import NEWER_VERSION, DeadLetterService, ReplayResult
from messaging.models import DeadLetter, InboxEntry
from messaging.transport.base import Message, Record
from messaging.transport.kafka import connect_producer
from messaging.transport.kafka.subscription import KafkaSubscription
from tests.replays import replay
from tests.toy_events import Happened, Recorder, Undone, as_message, happened
from tests.waiting import wait_until

Run = Callable[..., None]


def older(handler: Recorder) -> Consumer:
    return Consumer("toy", ("orders",), {Happened: handler}, frozenset({"boring.v1"}))


def newer(handler: Recorder) -> Consumer:
    return Consumer("toy", ("orders",), {Happened: handler, Undone: handler}, frozenset({"boring.v1"}))


def content_to_skip(handler: Recorder) -> Consumer:
    return Consumer("toy", ("orders",), {Happened: handler}, frozenset({"boring.v1", Undone.TYPE}))


@pytest.fixture
def run(subscriptions, transactional_db) -> Run:
    """A function that runs a version of the consumer until it has polled all messages."""

    def run_version(version: Consumer, *messages: Message) -> None:
        for message in messages:
            subscriptions.broker.append(message)
        subscriptions.stopping.clear()
        ConsumerRunner(version, subscriptions, subscriptions.stopping, jitter=lambda: 0.0).run()

    return run_version


@pytest.fixture
def order_id():
    return happened().order_id


def undone(number: int, order_id=None) -> Message:
    return as_message(Undone(order_id=order_id or happened().order_id, number=number))


def as_record(message: Message, offset: int) -> Record:
    return Record(message.topic, 0, offset, message.key, message.value, message.headers)


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", flat=True))


def test_an_event_of_a_type_to_come_holds_up_neither_its_order_nor_the_consumer(run, order_id, settings):
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 1
    handler = Recorder()

    run(older(handler), undone(1, order_id), as_message(happened(2, order_id)), undone(3, order_id))
    run(older(handler), as_message(happened(4, order_id)))

    assert handler.numbers == [2, 4]
    assert states() == ["deferred", "deferred"]
    assert InboxEntry.objects.count() == 2


def test_the_version_that_knows_it_takes_it_up_by_itself_in_order_and_once(run, order_id, subscriptions):
    run(older(Recorder()), *(undone(number, order_id) for number in range(3)), undone(7))
    handler = Recorder()

    run(newer(handler))
    subscriptions.broker.offsets.clear()  # as if no offset had been committed
    run(newer(handler))

    assert handler.numbers == [0, 1, 2, 7]
    assert states() == ["replayed"] * 4
    assert set(DeadLetter.objects.values_list("resolved_by", flat=True)) == {NEWER_VERSION}


def test_an_event_that_comes_before_it_was_taken_up_waits_behind_it(run, order_id):
    run(older(Recorder()), undone(1, order_id))
    handler = Recorder()

    BatchHandler(newer(handler)).handle([as_record(as_message(happened(2, order_id)), 50)])
    assert (handler.numbers, states()) == ([], ["deferred", "waiting"])
    run(newer(handler))

    assert handler.numbers == [1, 2]
    assert states() == ["replayed", "replayed"]


def test_a_second_delivery_to_the_newer_version_changes_nothing(run, subscriptions):
    run(older(Recorder()), undone(1))
    subscriptions.broker.offsets.clear()
    handler = Recorder()

    run(newer(handler))
    run(newer(handler))

    assert handler.numbers == [1]


def test_a_second_delivery_to_the_older_version_changes_nothing(run, subscriptions):
    handler = Recorder()
    run(newer(handler), undone(1))
    subscriptions.broker.offsets.clear()

    run(older(handler))
    run(newer(handler))

    assert handler.numbers == [1]
    assert states() == ["replayed"]


def test_a_version_to_which_it_is_no_business_lets_it_go(run, order_id):
    run(older(Recorder()), undone(1, order_id))
    handler = Recorder()

    run(content_to_skip(handler), as_message(happened(2, order_id)))

    assert handler.numbers == [2]
    assert states() == ["replayed"]


@pytest.mark.parametrize("source", ["/somebody/else", "", "/orderflow"])
def test_a_type_of_somebody_else_is_a_dead_letter_as_ever(run, order_id, source):
    message = undone(1, order_id)
    headers = [(name, source.encode() if name == "ce_source" else value) for name, value in message.headers]

    run(older(Recorder()), replace(message, headers=headers), as_message(happened(2, order_id)))

    assert states() == ["failed", "waiting"]


def test_a_type_to_come_without_an_id_is_a_dead_letter(run):
    message = undone(1)
    headers = [(name, b"no id" if name == "ce_id" else value) for name, value in message.headers]

    run(older(Recorder()), replace(message, headers=headers))

    assert states() == ["failed"]


def test_a_deferred_event_that_fails_is_a_dead_letter_like_any_other(run, order_id):
    run(older(Recorder()), undone(1, order_id), undone(5))
    handler = Recorder()
    handler.fails_on = {1}

    run(newer(handler), as_message(happened(2, order_id)))

    assert handler.numbers == [5]
    assert states() == ["failed", "replayed", "waiting"]


def test_a_newer_version_that_is_broken_leaves_them_to_the_next(run, settings):
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 2
    run(older(Recorder()), *(undone(number) for number in range(6)))
    handler = Recorder()
    handler.fails_on = set(range(6))

    for _ in range(4):
        run(newer(handler))
    assert states() == ["failed"] * 2 + ["deferred"] * 4
    handler.fails_on = set()
    run(newer(handler))

    assert handler.numbers == [2, 3, 4, 5]
    assert states() == ["failed"] * 2 + ["replayed"] * 4


def test_behind_a_dead_letter_it_waits_for_a_person(run, order_id):
    handler = Recorder()
    handler.fails_on = {1}
    run(older(handler), as_message(happened(1, order_id)), undone(2, order_id), as_message(happened(3, order_id)))
    assert states() == ["failed", "deferred", "waiting"]
    run(newer(handler))
    assert states() == ["failed", "deferred", "waiting"]
    handler.fails_on = set()

    assert replay(ids(), {"toy": newer(handler)}) == (3, 0)

    assert handler.numbers == [1, 2, 3]


def test_a_person_with_the_older_version_replays_what_that_knows(run, order_id):
    handler = Recorder()
    handler.fails_on = {1}
    run(older(handler), as_message(happened(1, order_id)), undone(2, order_id), as_message(happened(3, order_id)))
    handler.fails_on = set()

    assert replay(ids(), {"toy": older(handler)}) == (2, 1)

    assert handler.numbers == [1, 3]
    assert states() == ["replayed", "deferred", "replayed"]


def test_a_deferred_event_that_is_discarded_never_takes_effect(run, subscriptions):
    run(older(Recorder()), undone(1))
    DeadLetterService({"toy": older(Recorder())}, by="ann").discard(ids(), reason="not wanted")
    subscriptions.broker.offsets.clear()
    handler = Recorder()

    run(older(handler))
    run(newer(handler))

    assert handler.seen == []
    assert states() == ["discarded"]


def test_with_the_database_away_they_wait(run, monkeypatch):
    run(older(Recorder()), undone(1))
    monkeypatch.setattr(runtime, "DEFERRED_RETRY_INTERVAL", 0.0)
    replay_deferred, outages = DeadLetterService.replay_deferred, [OperationalError("away")]

    def flaky(service: DeadLetterService, consumer: str) -> ReplayResult:
        if outages:
            raise outages.pop()
        return replay_deferred(service, consumer)

    monkeypatch.setattr(DeadLetterService, "replay_deferred", flaky)
    handler = Recorder()

    run(newer(handler), as_message(happened(2)))

    assert sorted(handler.numbers) == [1, 2]


def ids() -> list[int]:
    return list(DeadLetter.objects.order_by("pk").values_list("pk", flat=True))


@contextmanager
def member(version: Consumer) -> Iterator[KafkaSubscription]:
    """A version of the consumer that runs in a thread until the end of the block."""
    subscription = KafkaSubscription("toy", ["orders"])
    stopping = threading.Event()
    runner = ConsumerRunner(version, lambda *_: subscription, stopping)
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        running = pool.submit(runner.run)
        stack.callback(stopping.set)
        yield subscription
    running.result()


@pytest.mark.kafka
def test_side_by_side_in_one_group_each_event_takes_effect_once_and_in_order(kafka, transactional_db, monkeypatch):
    monkeypatch.setattr(runtime, "DEFERRED_RETRY_INTERVAL", 0.1)
    orders = [happened().order_id for _ in range(30)]  # so many that each member gets some, whatever its partitions
    events = [(Undone, Happened)[n % 2](order_id=orders[n // 2 % 30], number=n) for n in range(120)]
    old, new = Recorder(), Recorder()

    with member(older(old)) as one, member(newer(new)) as other:
        wait_until(lambda: one.assigned and other.assigned, what="both have joined")
        wait_until(lambda: bool(one.lag() is not None and other.lag() is not None), what="both have partitions")
        with closing(connect_producer()) as producer:
            assert producer.send([as_message(event) for event in events]) == [None] * len(events)
        wait_until(lambda: len(old.seen) + len(new.seen) == len(events), within=60, what="all are handled")

    assert sorted(old.numbers + new.numbers) == list(range(120))
    assert {type(event) for event in old.seen} == {Happened}
    assert not DeadLetter.objects.exclude(state="replayed").exists()
    assert DeadLetter.objects.exists()  # the older one met what it does not know
    for order in orders:
        for kind in (Happened, Undone):
            numbers = [
                event.number for event in [*old.seen, *new.seen] if event.order_id == order and type(event) is kind
            ]
            assert numbers == sorted(numbers)
