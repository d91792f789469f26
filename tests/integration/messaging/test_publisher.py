"""The times of relay passes: at once after a nudge, again after releasing the lock, and each second in any case."""

import threading
from itertools import pairwise
from uuid import UUID, uuid4

from django.db import connection, connections, transaction

from messaging.models import OutboxMessage
from messaging.outbox import delivery, publisher, recording
from messaging.outbox.delivery import RelayPass
from messaging.outbox.lanes import LANES, LANES_OF_A_SHARE
from messaging.outbox.publisher import Publisher
from messaging.transport.base import DeliveryFailure
from messaging.transport.memory import MemoryProducer
from tests.publishing import record, running
from tests.toy_events import happened
from tests.waiting import wait_until


def in_lane(lane: int) -> UUID:
    """An order whose events are in this lane."""
    while True:
        order = uuid4()
        with connection.cursor() as cursor:
            cursor.execute("SELECT hashtext(%s) & %s", [str(order), LANES - 1])
            if cursor.fetchone() == (lane,):
                return order


def nothing_left() -> bool:
    return not OutboxMessage.objects.exists()


def test_a_nudge_has_an_event_sent(transactional_db, broker):
    with running(broker.producer) as worker:
        record(happened(1))
        worker.nudge()
        wait_until(nothing_left)


def test_the_next_event_of_an_order_at_rest_does_not_wait_for_the_interval(transactional_db, broker, monkeypatch):
    """One process carries an order from consumer to consumer: each has its event published soon after the last."""
    monkeypatch.setattr(publisher, "PASS_INTERVAL", 1000.0)
    with running(broker.producer) as worker:
        for number in range(1, 4):
            record(happened(number))
            worker.nudge()
            wait_until(nothing_left)


def test_what_a_crash_left_behind_is_found_without_a_nudge(transactional_db, broker):
    with running(broker.producer):
        record(happened(1))
        wait_until(nothing_left)


def test_an_event_whose_nudge_found_the_lock_taken_is_seen_by_the_holder(transactional_db, broker, monkeypatch):
    """The holder looks again after letting go: without the once-a-second look, nothing else would find it."""
    monkeypatch.setattr(publisher, "POLL_INTERVAL", 1000.0)
    came_late = threading.Event()

    class LateRow(MemoryProducer):
        def send(self, messages):
            result = super().send(messages)
            if not came_late.is_set():
                came_late.set()
                thread = threading.Thread(target=lambda: (record(happened(2)), connections.close_all()))
                thread.start()
                thread.join()
            return result

    record(happened(1))
    with running(lambda: LateRow(broker)):
        wait_until(lambda: came_late.is_set() and nothing_left())


def test_a_broker_that_is_away_is_waited_for_and_a_new_producer_is_made(transactional_db, broker):
    made: list[MemoryProducer] = []

    def connect() -> MemoryProducer:
        made.append(broker.producer())
        return made[-1]

    broker.failing = DeliveryFailure("away", permanent=False)
    record(happened(1))
    with running(connect):
        wait_until(lambda: len(made) >= 3)
        assert OutboxMessage.objects.count() == 1
        broker.failing = None
        wait_until(nothing_left)


def test_orders_that_can_not_be_sent_do_not_starve_others_though_they_fill_a_pass(
    transactional_db, broker, monkeypatch
):
    monkeypatch.setattr(delivery, "BATCH_SIZE", 3)
    stuck = [happened(1) for _ in range(8)]
    record(*stuck, *(happened(2) for _ in range(4)))
    partition_is_away = threading.Event()
    partition_is_away.set()

    class HalfABroker(MemoryProducer):
        def _send(self, message):
            if partition_is_away.is_set() and b'"number":1' in message.value:
                return DeliveryFailure("no leader", permanent=False)
            return super()._send(message)

    with running(lambda: HalfABroker(broker)):
        wait_until(lambda: OutboxMessage.objects.count() == len(stuck))
        partition_is_away.clear()
        wait_until(nothing_left)


def test_after_a_share_of_the_lanes_the_others_are_looked_at_before_a_publisher_rests(
    transactional_db, broker, monkeypatch
):
    monkeypatch.setattr(delivery, "BATCH_SIZE", 4)
    monkeypatch.setattr(publisher, "POLL_INTERVAL", 1000.0)
    order = in_lane(LANES_OF_A_SHARE)  # the first share is the lanes before it
    record(*(happened(number, order) for number in range(5)))
    with running(broker.producer):
        wait_until(nothing_left)


def test_a_publisher_with_much_to_do_leaves_lanes_to_others_until_little_is_left(transactional_db, broker, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH_SIZE", 8)
    passes: list[RelayPass] = []

    def publish(*args, **kwargs):
        passes.append(delivery.publish_pending(*args, **kwargs))
        return passes[-1]

    monkeypatch.setattr(publisher, "publish_pending", publish)
    record(*(happened(number) for number in range(400)))

    Publisher(broker.producer).run(drain=True)

    assert nothing_left()
    assert sum(each.found for each in passes) == 400
    assert [len(passes[0].lanes), passes[0].is_share] == [LANES, False]
    assert [len(passes[1].lanes), passes[1].is_share] == [LANES_OF_A_SHARE, True]
    assert passes[1].lanes[-1] + 1 == passes[2].lanes[0]
    assert all(following.is_share == each.full for each, following in pairwise(passes))


def test_draining_ends_when_nothing_waits(transactional_db, broker):
    record(*(happened(n) for n in range(5)))

    Publisher(broker.producer).run(drain=True)

    assert nothing_left()


def test_a_hook_that_fails_does_not_undo_the_commit_nor_stop_the_nudge(transactional_db, settings, monkeypatch):
    """Pitfall: one raising on_commit hook skips the later ones unless it is robust."""
    settings.PUBLISH_ON_COMMIT = True
    nudges: list[int] = []

    class Background:
        def nudge(self) -> None:
            nudges.append(1)
            if len(nudges) == 1:
                raise OSError("no more threads")

    monkeypatch.setattr(publisher, "background", Background())
    with transaction.atomic():
        recording.record(happened(1))
        recording.record(happened(2))

    assert len(nudges) == 2
    assert OutboxMessage.objects.count() == 2
