"""The relay's lease: a relay publishes where there is much, whoever recorded it where there is little."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import statements
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


class Clock:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def busy(monkeypatch) -> None:
    """Any number of events is worth a lease."""
    monkeypatch.setattr(lease, "WORTH_IT", 0)


def test_while_a_relay_has_its_lease_the_others_leave_the_outbox_to_it(transactional_db, broker, busy):
    record_events(1)
    Lease().renew(published=True)

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
        record_events(30)
        worker.nudge()
        wait_until(lambda: not waits())
    assert not RelayLease.objects.exists()


def passes_of(broker, monkeypatch, *, events: int) -> None:
    """A relay publishes so many events by one pass, and stops."""
    record_events(events)
    worker = Publisher(broker.producer, is_relay=True)
    monkeypatch.setattr(worker, "_pause", lambda done: worker.stop())
    worker.run()


@pytest.mark.parametrize(("events", "takes"), [(0, False), (1, True), (29, True), (30, False)])
def test_a_relay_that_found_nothing_or_more_than_it_can_publish_leaves_the_others_at_work(
    transactional_db, broker, monkeypatch, busy, events, takes
):
    monkeypatch.setattr(delivery, "BATCH_SIZE", 30)
    passes_of(broker, monkeypatch, events=events)
    assert has_lease() is takes


def test_a_relay_that_can_not_publish_takes_no_lease(transactional_db, broker, monkeypatch, busy):
    broker.failing = DeliveryFailure("away", permanent=False)
    passes_of(broker, monkeypatch, events=1)
    assert waits() == 1
    assert not RelayLease.objects.exists()


@pytest.mark.parametrize(("seconds", "takes"), [(1.0, True), (1.01, False), (3600.0, False)])
def test_it_takes_the_lease_where_much_is_recorded_however_soon_others_publish_it(
    transactional_db, broker, seconds, takes
):
    clock = Clock()
    own = Lease(clock)
    own.renew(published=True)
    assert not own.held, "nothing was counted yet"

    record_events(WORTH_IT)
    publish_pending(broker.producer())
    clock.now += seconds
    own.renew(published=True)

    assert own.held is has_lease() is takes


def test_without_having_published_it_only_looks(transactional_db):
    clock = Clock()
    own = Lease(clock)
    own.renew(published=False)
    record_events(WORTH_IT)
    clock.now += SECONDS
    assert not own.wanted
    own.renew(published=False)
    assert own.wanted
    assert not own.held

    own.renew(published=True)
    assert own.held


def test_it_gives_it_up_when_less_is_recorded(transactional_db):
    clock = Clock()
    own = Lease(clock)
    for events, held in ((0, False), (WORTH_IT, True), (WORTH_IT - 1, False), (0, False), (WORTH_IT, True)):
        record_events(events)
        own.renew(published=True)
        assert own.held is held
        clock.now += SECONDS


def test_a_relay_publishes_without_a_nudge_as_long_as_its_lease_lasts(transactional_db, broker, monkeypatch, busy):
    """Nobody else does, and nobody could nudge it."""
    monkeypatch.setattr(publisher, "POLL_INTERVAL", 1000.0)
    monkeypatch.setattr(lease, "SECONDS", 1000.0)
    record_events(1)
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


def test_a_relay_looks_and_renews_its_lease_each_half_of_it(monkeypatch):
    clock, looks, taken = Clock(), [], []

    def execute(statement: str, **_parameters: object) -> list[tuple[int]]:
        (looks if statement == statements.EVER_RECORDED else taken).append(clock.now)
        return [(WORTH_IT * len(looks),)]

    monkeypatch.setattr(lease, "execute", execute)
    own = Lease(clock)
    for _ in range(100):  # ten seconds
        own.renew(published=True)
        assert own.held is bool(taken)
        clock.now += 0.1
    assert 15 <= len(looks) <= 20
    assert len(taken) == len(looks) - 1
    clock.now += SECONDS
    assert not own.held
