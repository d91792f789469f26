"""The relay's lease: a relay publishes where there is much, whoever recorded it where there is little."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import OutboxMessage, RelayLease
from messaging.outbox import delivery, lease, publisher
from messaging.outbox.delivery import publish_pending
from messaging.outbox.lease import SECONDS, WORTH_IT, Lease
from messaging.outbox.publisher import Publisher
from messaging.transport.base import DeliveryFailure
from tests.publishing import record, running
from tests.toy_events import happened
from tests.waiting import wait_until


def record_events(count: int) -> None:
    record(*(happened(number) for number in range(count)))


def waits() -> int:
    return OutboxMessage.objects.count()


def has_lease() -> bool:
    return RelayLease.objects.filter(until__gt=timezone.now()).exists()


def lease_until(seconds: float) -> None:
    RelayLease.objects.create(until=timezone.now() + timedelta(seconds=seconds))


def test_while_a_relay_has_its_lease_the_others_leave_the_outbox_to_it(transactional_db, broker):
    record_events(1)
    Lease().renew()

    left = publish_pending(broker.producer(), leaves_to_relay=True)

    assert left.locked_out
    assert left.found == 0
    assert 0 < left.left_for <= SECONDS
    assert waits() == 1
    assert publish_pending(broker.producer()).found == 1


@pytest.mark.parametrize("seconds", [-0.001, 3600.0], ids=["has ended", "by a clock that was ahead"])
def test_a_lease_that_has_ended_or_could_not_have_been_taken_keeps_nobody_back(transactional_db, broker, seconds):
    record_events(1)
    lease_until(seconds)

    assert publish_pending(broker.producer(), leaves_to_relay=True).found == 1


def test_without_a_relay_whoever_is_nudged_publishes(transactional_db, broker):
    with running(broker.producer) as worker:
        record_events(WORTH_IT * 3)
        worker.nudge()
        wait_until(lambda: not waits())
    assert not RelayLease.objects.exists()


def passes_of(broker, monkeypatch, *, events: int) -> None:
    """A relay publishes so many events by one pass, and stops."""
    record_events(events)
    worker = Publisher(broker.producer, is_relay=True)
    monkeypatch.setattr(worker, "_pause", lambda done: worker.stop())
    worker.run()


@pytest.mark.parametrize(("events", "takes"), [(1, False), (WORTH_IT - 1, False), (WORTH_IT, True), (30, False)])
def test_a_relay_with_little_to_publish_or_with_more_than_it_can_leaves_the_others_at_work(
    transactional_db, broker, monkeypatch, events, takes
):
    monkeypatch.setattr(delivery, "BATCH_SIZE", 30)
    passes_of(broker, monkeypatch, events=events)
    assert has_lease() is takes


def test_a_relay_that_can_not_publish_takes_no_lease(transactional_db, broker, monkeypatch):
    broker.failing = DeliveryFailure("away", permanent=False)
    passes_of(broker, monkeypatch, events=WORTH_IT)
    assert waits() == WORTH_IT
    assert not RelayLease.objects.exists()


def test_a_relay_publishes_without_a_nudge_as_long_as_its_lease_lasts(transactional_db, broker, monkeypatch):
    """Nobody else does, and nobody could nudge it."""
    monkeypatch.setattr(publisher, "POLL_INTERVAL", 1000.0)
    monkeypatch.setattr(lease, "SECONDS", 1000.0)
    record_events(WORTH_IT)
    passes = []
    with running(broker.producer, on_pass=lambda: passes.append(1), is_relay=True):
        wait_until(lambda: has_lease() and len(passes) > 5, what="it has found nothing for some passes")
        record_events(1)
        wait_until(lambda: not waits())


def test_when_a_relay_died_the_others_publish_once_its_lease_has_ended(transactional_db, broker, monkeypatch):
    monkeypatch.setattr(publisher, "POLL_INTERVAL", 1000.0)
    lease_until(SECONDS)
    with running(broker.producer) as worker:
        record_events(1)
        worker.nudge()
        wait_until(lambda: not waits())
    assert not has_lease()


def test_a_relay_renews_its_lease_by_a_statement_each_half_of_it():
    now = [100.0]
    taken = []
    own = Lease(clock=lambda: now[0])
    for _ in range(100):  # ten seconds
        before = own._ends_at
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lease, "execute", lambda statement, **parameters: taken.append(now[0]))
            own.renew()
        assert own.held
        assert own._ends_at >= before
        now[0] += 0.1
    assert 15 <= len(taken) <= 20
    now[0] += SECONDS
    assert not own.held
