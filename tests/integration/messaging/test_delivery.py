"""Publishing: one path, in order, at least once."""

import threading

import pytest
from django.db import connection, transaction

from messaging.events import Trace
from messaging.exceptions import OutsideTransaction
from messaging.models import OutboxMessage
from messaging.outbox import delivery, recording
from messaging.outbox.delivery import publish_pending
from messaging.outbox.pending import anything_pending
from messaging.outbox.unparking import unpark
from messaging.tracing import tracing
from messaging.transport.base import DeliveryFailure
from messaging.transport.memory import MemoryBroker, MemoryProducer
from tests.publishing import PickyProducer, on_another_connection, record
from tests.toy_events import happened

DOWN = DeliveryFailure("broker away", permanent=False)
TOO_LARGE = DeliveryFailure("too large", permanent=True)


def sent(broker: MemoryBroker) -> list[bytes]:
    return [record.value or b"" for log in broker.logs.values() for record in log]


def test_recording_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(OutsideTransaction):
        recording.record(happened())


def test_an_event_of_a_transaction_that_is_rolled_back_is_never_sent(transactional_db, broker):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        recording.record(happened())
        raise ZeroDivisionError

    assert publish_pending(broker.producer()).found == 0
    assert sent(broker) == []


def test_an_event_is_sent_once_with_its_cloudevents_attributes(transactional_db, broker):
    event = happened(7)
    with tracing({event.key: Trace("request-7", "00-" + "1" * 32 + "-" + "2" * 16 + "-01")}):
        record(event)

    publish_pending(broker.producer())
    publish_pending(broker.producer())

    (log,) = broker.logs.values()
    (message,) = log
    headers = {name: value.decode() for name, value in message.headers}
    assert message.key == event.key.encode()
    assert headers["ce_type"] == "happened.v1"
    assert headers["ce_subject"] == event.key
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_source"] == "/orderflow/orders"
    assert headers["ce_correlationid"] == "request-7"
    assert headers["traceparent"].startswith("00-111")
    assert headers["ce_time"].endswith("Z")
    assert headers["content-type"] == "application/json"
    assert not anything_pending()


def test_an_event_that_was_not_acknowledged_stays_and_is_sent_later(transactional_db, broker):
    """Pitfalls: marking rows sent although the send failed; losing an event that could not be published at once."""
    record(happened(1))
    broker.failing = DOWN

    assert publish_pending(broker.producer()).failed
    assert OutboxMessage.objects.count() == 1

    broker.failing = None
    publish_pending(broker.producer())
    assert len(sent(broker)) == 1
    assert OutboxMessage.objects.count() == 0


def test_an_event_is_sent_however_long_it_has_waited(transactional_db, broker):
    """Pitfalls: expiring unsent rows by age; cleaning up by age whatever the status."""
    record(happened(1))
    OutboxMessage.objects.update(created_at="2020-01-01T00:00Z")
    broker.failing = DOWN
    publish_pending(broker.producer())
    broker.failing = None

    publish_pending(broker.producer())

    assert len(sent(broker)) == 1


def test_a_row_that_commits_late_with_a_lower_id_is_not_skipped(transactional_db, broker):
    """Pitfall: a cursor `id > last` over a sequence."""
    inserted, published = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with on_another_connection(), transaction.atomic():
            recording.record(happened(1))
            inserted.set()
            published.wait(20)

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert inserted.wait(20)
    record(happened(2))
    publish_pending(broker.producer())
    assert [b'"number":2' in body for body in sent(broker)] == [True]
    published.set()
    writer.join()

    publish_pending(broker.producer())

    assert sorted(b'"number":1' in body for body in sent(broker)) == [False, True]


def test_only_one_publisher_works_on_a_key_at_a_time(transactional_db, broker):
    """Pitfall: several relays with SKIP LOCKED reorder the events of one order."""
    order = happened().order_id
    record(happened(1, order), happened(2, order))
    sending, go_on = threading.Event(), threading.Event()

    class SlowProducer(MemoryProducer):
        def send(self, messages):
            sending.set()
            go_on.wait(20)
            return super().send(messages)

    def first() -> None:
        with on_another_connection():
            publish_pending(SlowProducer(broker))

    thread = threading.Thread(target=first)
    thread.start()
    assert sending.wait(20)

    second = publish_pending(broker.producer())
    go_on.set()
    thread.join()

    assert second.locked_out
    assert [b'"number":1' in body for body in sent(broker)] == [True, False]


def test_later_events_of_a_key_wait_for_an_earlier_one_that_failed(transactional_db, broker):
    order = happened().order_id
    record(happened(1, order), happened(2, order), happened(3))
    producer = PickyProducer(broker, {b'"number":1,': DOWN, b'"number":1}': DOWN})

    assert publish_pending(producer).failed_keys == {str(order)}
    assert [b'"number":3' in body for body in sent(broker)] == [True]

    producer.failing = {}
    publish_pending(producer)
    bodies = [body for body in sent(broker) if b'"number":3' not in body]
    assert [b'"number":1' in body for body in bodies] == [True, False]


class CountingProducer(PickyProducer):
    """A producer that counts the messages of each call."""

    def __init__(self, broker: MemoryBroker, failing: dict[bytes, DeliveryFailure]) -> None:
        super().__init__(broker, failing)
        self.calls: list[int] = []

    def send(self, messages):
        self.calls.append(len(messages))
        return super().send(messages)


def test_a_pass_waits_for_a_broker_that_is_away_once(transactional_db, broker):
    """Each round would wait for its own time limit, and the publisher's lock with it."""
    order, other = happened().order_id, happened().order_id
    record(happened(1, order), happened(2, order), happened(3, other), happened(4, other))
    producer = CountingProducer(broker, {b'"number":1}': DOWN})

    assert publish_pending(producer).failed_keys == {str(order)}
    assert producer.calls == [2]

    assert not publish_pending(producer, skipped_keys=[str(order)]).failed
    assert producer.calls == [2, 1]
    assert [b'"number":3' in body for body in sent(broker)] == [True, False]


def test_a_round_of_which_nothing_may_be_sent_is_not_sent(transactional_db, broker):
    order = happened().order_id
    record(happened(1, order), happened(2, order))
    producer = CountingProducer(broker, {b'"number":1}': TOO_LARGE})

    publish_pending(producer)

    assert producer.calls == [1]


def test_a_pass_ends_while_the_database_still_waits_for_it(transactional_db, broker, monkeypatch):
    """A transaction that idles for too long is ended: each pass would send the same again, and delete nothing."""
    order = happened().order_id
    record(*(happened(number, order) for number in range(3)))
    monkeypatch.setattr(delivery, "LAST_ROUND_AFTER", 0.0)

    for left in (2, 1, 0):
        assert not publish_pending(broker.producer()).failed
        assert OutboxMessage.objects.count() == left


def test_an_event_that_can_never_be_sent_is_parked_and_holds_up_its_own_key_only(transactional_db, broker):
    """Pitfall: a permanent error at the head of an ordered outbox blocks it; dropping it loses it."""
    order = happened().order_id
    record(happened(1, order))
    record(happened(2, order), happened(3))
    producer = PickyProducer(broker, {b'"number":1}': TOO_LARGE})

    publish_pending(producer)
    publish_pending(producer)

    assert [b'"number":3' in body for body in sent(broker)] == [True]
    parked = OutboxMessage.objects.get(parked_at__isnull=False)
    assert parked.parked_reason == "too large"
    assert not anything_pending()
    producer.failing = {}
    with transaction.atomic():
        unpark([parked.pk])
    publish_pending(producer)
    assert len(sent(broker)) == 3
    assert OutboxMessage.objects.count() == 0


def test_a_publisher_that_dies_after_sending_sends_again(transactional_db, broker):
    record(happened(1))

    class Died(Exception):
        pass

    class DyingProducer(MemoryProducer):
        def send(self, messages):
            super().send(messages)
            raise Died

    with pytest.raises(Died):
        publish_pending(DyingProducer(broker))
    publish_pending(broker.producer())

    assert len(sent(broker)) == 2  # at least once: the inboxes drop the second


def test_no_row_is_locked_while_a_pass_waits_for_the_broker(transactional_db, broker):
    record(happened(1))

    class CheckingProducer(MemoryProducer):
        def send(self, messages):
            errors: list[Exception] = []

            def insert() -> None:
                with on_another_connection():
                    try:
                        record(happened(2))
                        with transaction.atomic():
                            list(OutboxMessage.objects.select_for_update(nowait=True))
                    except Exception as error:
                        errors.append(error)

            thread = threading.Thread(target=insert)
            thread.start()
            thread.join()
            assert errors == []
            return super().send(messages)

    assert publish_pending(CheckingProducer(broker)).found == 1
    assert connection.in_atomic_block is False
