"""Several publishers at once, each in lanes of its own: no event is sent twice, and the order of each key holds."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from messaging.outbox.delivery import RelayPass, publish_pending
from messaging.outbox.lanes import LANES, LANES_OF_A_SHARE, WHOLE_OUTBOX, WantedLanes
from messaging.outbox.pending import anything_pending, lock_lanes
from messaging.transport.base import DeliveryFailure
from messaging.transport.memory import MemoryBroker, MemoryProducer
from tests.publishing import PickyProducer, on_another_connection, record
from tests.toy_events import happened

DOWN = DeliveryFailure("broker away", permanent=False)
TOO_LARGE = DeliveryFailure("too large", permanent=True)


class Session:
    """A database session of another process, in a transaction until `end`."""

    def __init__(self) -> None:
        self._wrapper = connection.copy()
        self._wrapper.connect()
        self._wrapper.connection.autocommit = False

    def value(self, query: str) -> Any:
        with self._wrapper.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def end(self) -> None:
        self._wrapper.connection.rollback()

    def close(self) -> None:
        self._wrapper.close()


class SlowProducer(MemoryProducer):
    """A producer that waits in the middle of a pass until it may go on."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.sending, self.go_on = threading.Event(), threading.Event()

    def send(self, messages):
        self.sending.set()
        assert self.go_on.wait(20)
        return super().send(messages)


@contextmanager
def publishing_meanwhile(broker: MemoryBroker, wanted: WantedLanes = WHOLE_OUTBOX) -> Iterator[list[RelayPass]]:
    """Another publisher, in the middle of a pass during the block; its pass is in the list afterwards."""
    producer, done = SlowProducer(broker), []

    def publish() -> None:
        with on_another_connection():
            done.append(publish_pending(producer, wanted=wanted))

    thread = threading.Thread(target=publish)
    thread.start()
    assert producer.sending.wait(20)
    try:
        yield done
    finally:
        producer.go_on.set()
        thread.join()


def keys_of_lanes(*, each: int = 2) -> dict[int, list[UUID]]:
    """So many orders of each lane."""
    found: dict[int, list[UUID]] = {lane: [] for lane in range(LANES)}
    while any(len(orders) < each for orders in found.values()):
        order = uuid4()
        with connection.cursor() as cursor:
            cursor.execute("SELECT hashtext(%s) & %s", [str(order), LANES - 1])
            found[cursor.fetchone()[0]].append(order)
    return {lane: orders[:each] for lane, orders in found.items()}


def sent_of(broker: MemoryBroker, order: UUID) -> list[int]:
    """The numbers of the events of an order that arrived, in their order."""
    records = (record for log in broker.logs.values() for record in log)
    return [json.loads(record.value)["number"] for record in records if record.key == str(order).encode()]


def test_a_publisher_that_has_the_whole_outbox_keeps_others_out_of_every_lane(transactional_db, broker):
    record(happened(1))
    with publishing_meanwhile(broker) as first:
        second = publish_pending(broker.producer())
        share = publish_pending(broker.producer(), wanted=WantedLanes(is_share=True))

    assert second.locked_out
    assert share.locked_out
    assert len(first[0].lanes) == LANES
    assert first[0].found == 1


def test_several_publishers_work_at_once_each_in_lanes_of_its_own(transactional_db, broker):
    orders = keys_of_lanes()
    for number in (1, 2):
        record(*(happened(number, order) for lane in orders.values() for order in lane))

    with (
        publishing_meanwhile(broker, WantedLanes(is_share=True)) as first,
        publishing_meanwhile(broker, WantedLanes(is_share=True)) as second,
    ):
        third = publish_pending(broker.producer())

    passes = [*first, *second, third]
    assert [list(each.lanes) for each in passes] == [[0, 1, 2, 3], [4, 5, 6, 7], list(range(8, LANES))]
    assert [each.found for each in passes] == [4 * len(each.lanes) for each in passes]
    assert not any(each.failed or each.locked_out for each in passes)
    for order in (order for lane in orders.values() for order in lane):
        assert sent_of(broker, order) == [1, 2]


def test_a_lane_that_another_publisher_holds_is_left_to_it_and_its_keys_stay_in_order(transactional_db, broker):
    """aws-samples/transactional-outbox-pattern#6: two publishers each pick up events of one key."""
    (order, *_), (other, *_) = (keys_of_lanes()[lane] for lane in (3, 4))
    record(happened(1, order))
    with publishing_meanwhile(broker, WantedLanes(first=3, is_share=True)):
        record(happened(2, order), happened(1, other))
        beside = publish_pending(broker.producer(), wanted=WantedLanes())
        assert sent_of(broker, order) == []

    assert 3 not in beside.lanes
    assert beside.found == 0  # lane 4 is one of the share
    publish_pending(broker.producer())
    assert sent_of(broker, order) == [1, 2]
    assert sent_of(broker, other) == [1]


def test_a_parked_key_and_one_that_fails_hold_up_no_other_of_their_lane(transactional_db, broker):
    parked, failing, well = keys_of_lanes(each=3)[5]
    record(happened(1, parked), happened(4, failing), happened(2, parked), happened(5, failing), happened(3, well))
    producer = PickyProducer(broker, {b'"number":1}': TOO_LARGE, b'"number":4}': DOWN})
    wanted = WantedLanes(first=5, is_share=True)

    assert publish_pending(producer, wanted=wanted).failed_keys == {str(failing)}
    again = publish_pending(producer, wanted=wanted, skipped_keys=[str(failing)])

    assert again.found == 0
    assert [sent_of(broker, order) for order in (parked, failing, well)] == [[], [], [3]]
    assert not anything_pending([lane for lane in range(LANES) if lane != 5])
    assert anything_pending([5])


def test_lanes_are_taken_in_turn_so_that_none_is_always_the_last(transactional_db, broker):
    """mblua/AgentsCommander#1456: in an order that never changes, the last one may wait for ever."""
    wanted, seen = WantedLanes(is_share=True), []
    for _ in range(LANES // LANES_OF_A_SHARE + 1):
        done = publish_pending(broker.producer(), wanted=wanted)
        wanted = wanted.after(done.lanes, is_share=True)
        seen += done.lanes

    assert seen == [*range(LANES), *range(LANES_OF_A_SHARE)]


def test_one_publisher_of_a_version_before_lanes_and_new_ones_keep_each_other_out(transactional_db, broker):
    """In a rolling update both are at work: the older one has the whole outbox under one exclusive lock."""
    record(happened(1))
    older = "SELECT pg_try_advisory_xact_lock(122550254464888)"  # "outbox", as it was in that version

    with closing(Session()) as session:
        assert session.value(older) is True
        assert publish_pending(broker.producer()).locked_out
        assert publish_pending(broker.producer(), wanted=WantedLanes(is_share=True)).locked_out
        session.end()
        for wanted in (WantedLanes(), WantedLanes(is_share=True), WantedLanes(first=30, is_share=True)):
            with transaction.atomic():
                assert lock_lanes(wanted).lanes
                assert session.value(older) is False
                session.end()

    assert publish_pending(broker.producer()).found == 1


def test_no_lock_is_left_when_a_pass_has_ended_so_that_none_stays_in_a_poolers_connection(transactional_db, broker):
    """goauthentik/authentik#23876, pgbouncer/pgbouncer#102: locks of a session outlive its transaction."""
    record(happened(1))
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    with connection.cursor() as cursor:
        for wanted in (WHOLE_OUTBOX, WantedLanes(is_share=True)):
            with transaction.atomic():
                lock_lanes(wanted)
                cursor.execute(held)
                assert cursor.fetchone()[0] == (1 if wanted is WHOLE_OUTBOX else 1 + LANES_OF_A_SHARE)
            publish_pending(broker.producer(), wanted=wanted)
            cursor.execute(held)
            assert cursor.fetchone() == (0,)
