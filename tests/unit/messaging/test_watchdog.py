"""The watchdog of subscriptions."""

import pytest

from messaging.consuming.watchdog import JOIN_LIMIT, PROGRESS_LIMIT, Watchdog
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


def never_asked() -> int:
    raise AssertionError("asking for the lag costs a request")


def test_a_join_that_never_ends_is_noticed(clock):
    dog = Watchdog(clock)
    assert dog.reason_to_renew(assigned=False, lag=never_asked) is None

    clock.now += JOIN_LIMIT

    assert dog.reason_to_renew(assigned=False, lag=never_asked) == "no assignment"


def test_an_idle_topic_is_no_reason_to_worry(clock):
    dog = Watchdog(clock)
    for _ in range(10):
        clock.now += PROGRESS_LIMIT
        assert dog.reason_to_renew(assigned=True, lag=lambda: 0) is None


def test_records_that_do_not_come_are_noticed(clock):
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT

    assert dog.reason_to_renew(assigned=True, lag=lambda: 12) == "no progress with 12 records waiting"


def test_a_broker_that_does_not_say_is_no_reason(clock):
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT

    assert dog.reason_to_renew(assigned=True, lag=lambda: None) is None


def test_the_lag_is_not_asked_for_at_each_poll(clock):
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT / 2

    assert dog.reason_to_renew(assigned=True, lag=never_asked) is None


def test_progress_starts_the_count_anew(clock):
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT - 1
    dog.progress()
    clock.now += 2

    assert dog.reason_to_renew(assigned=True, lag=never_asked) is None


def test_a_new_subscription_is_no_progress_until_records_come(clock):
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT
    dog.reason_to_renew(assigned=True, lag=lambda: 12)
    assert dog.stalled

    dog.renewed()
    assert dog.stalled

    dog.progress()
    assert not dog.stalled


@pytest.mark.parametrize(("waiting", "stalled"), [(0, False), (None, True), (3, True)])
def test_who_was_stalled_is_well_again_once_nothing_waits_any_more(clock, waiting, stalled):
    """Another member of the group may have taken what waited; a broker that does not say proves nothing."""
    dog = Watchdog(clock)
    clock.now += PROGRESS_LIMIT
    dog.reason_to_renew(assigned=True, lag=lambda: 12)
    clock.now += PROGRESS_LIMIT

    dog.reason_to_renew(assigned=True, lag=lambda: waiting)

    assert dog.stalled is stalled


# spotify/heroic#53, aio-libs/aiokafka#321: a record that is damaged on a broker's disk. Each poll that meets it fails,
# while records of other partitions come.
def test_polls_that_fail_for_long_are_a_stall_although_some_records_come_between(clock):
    dog = Watchdog(clock)
    seen = []
    for number in range(1, 6):
        assert dog.failed() == number
        dog.renewed()
        dog.progress()
        seen.append(dog.stalled)
        clock.now += PROGRESS_LIMIT / 3

    assert seen == [False, False, False, True, True]
    clock.now += PROGRESS_LIMIT
    assert not dog.stalled
    assert dog.failed() == 1
    assert not dog.stalled
