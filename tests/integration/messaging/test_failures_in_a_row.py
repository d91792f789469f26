"""A consumer that is broken for every event stops, and stays stopped, before it has made dead letters of its backlog.

What is counted in memory begins anew with each restart: JiRaska/open-bank-oss#4163. What opens for good, or lets
everything through to the dead letters: knative-extensions/eventing-kafka-broker#2239, Particular/ServiceControl#722.
"""

from collections.abc import Callable

import pytest

from messaging.consuming import consecutive_failures
from messaging.consuming.batches import BatchHandler
from messaging.dead_letters.replay import DeadLetterService
from messaging.exceptions import TooManyDeadLetters
from messaging.models import DeadLetter
from messaging.transport.base import Message, Record
from tests.replays import replay
from tests.toy_events import Happened, Recorder, as_message, consumer, happened

LIMIT = 4


@pytest.fixture(autouse=True)
def _limit(settings) -> None:
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = LIMIT


@pytest.fixture
def broken() -> Recorder:
    """A handler that fails on every event."""
    handler = Recorder()
    handler.fails_on = set(range(1000))
    return handler


@pytest.fixture
def stopped(deliver, broken) -> Recorder:
    """A broken consumer that has stopped itself, with 20 events left behind it."""
    with pytest.raises(TooManyDeadLetters, match=f"toy: {LIMIT} events in a row could not be handled"):
        deliver(broken, *(as_message(happened(n)) for n in range(LIMIT + 20)))
    assert letters() == list(range(LIMIT))
    return broken


def letters() -> list[int]:
    """The offsets of the dead letters, which the tests below number their events by."""
    return list(DeadLetter.objects.order_by("offset").values_list("offset", flat=True))


def count() -> int:
    return consecutive_failures.count_of("toy")


def boring() -> Message:
    return as_message(happened(), event_type="boring.v1")


def unreadable() -> Message:
    return Message("orders", b"k", b"?", as_message(happened()).headers)


@pytest.mark.parametrize("between", [boring, unreadable])
def test_what_no_handler_has_to_do_with_does_not_end_the_row(deliver, broken, between: Callable[[], Message]):
    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(message for n in range(75) for message in (as_message(happened(n)), between())))

    assert DeadLetter.objects.filter(event_type="happened.v1", error__startswith="ValueError").count() == LIMIT


def test_an_event_that_was_handled_before_does_not_end_the_row(deliver, broken):
    known = as_message(happened(0))
    deliver(Recorder(), known)

    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(message for n in range(20) for message in (as_message(happened(n)), known)))

    assert len(letters()) == LIMIT


def test_an_event_that_waits_behind_a_dead_letter_does_not_end_the_row(deliver, broken):
    order = happened().order_id
    behind = (as_message(Happened(order_id=order, number=n)) for n in range(100))

    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(message for n in range(20) for message in (next(behind), as_message(happened(n)))))

    assert DeadLetter.objects.filter(state="failed").count() == LIMIT


def test_an_event_that_is_handled_ends_the_row(deliver, broken):
    broken.fails_on -= {3, 7, 11, 15}

    deliver(broken, *(as_message(happened(n)) for n in range(16)))

    assert broken.numbers == [3, 7, 11, 15]
    assert count() == 0


def test_restarts_make_no_dead_letters_of_what_is_left(stopped, deliver):
    for _ in range(5):
        with pytest.raises(TooManyDeadLetters):
            deliver(stopped)

    assert letters() == list(range(LIMIT))
    assert stopped.seen == []


def test_a_mended_version_goes_on_by_itself(stopped, deliver):
    stopped.fails_on = set()

    deliver(stopped)

    assert stopped.numbers == list(range(LIMIT, LIMIT + 20))
    assert letters() == list(range(LIMIT))
    assert count() == 0


def test_even_if_the_next_event_is_one_that_no_version_can_handle(stopped, deliver):
    stopped.fails_on = {LIMIT, LIMIT + 2}

    deliver(stopped)

    assert sorted(stopped.numbers) == sorted(set(range(LIMIT, LIMIT + 20)) - stopped.fails_on)
    assert letters() == [*range(LIMIT), LIMIT, LIMIT + 2]


def test_an_event_that_fails_alone_waits_until_another_one_shows_that_the_fault_is_its_own(deliver, broken):
    broken.fails_on = set(range(LIMIT + 1))
    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(as_message(happened(n)) for n in range(LIMIT + 1)))
    with pytest.raises(TooManyDeadLetters):
        deliver(broken)
    assert letters() == list(range(LIMIT))

    deliver(broken, as_message(happened(100)))

    assert broken.numbers == [100]
    assert letters() == list(range(LIMIT + 1))


def test_what_comes_behind_an_event_of_its_own_order_is_not_tried_before_it(deliver, broken):
    order = happened().order_id
    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(as_message(happened(n)) for n in range(LIMIT)))
    broken.fails_on = {500}

    with pytest.raises(TooManyDeadLetters):
        deliver(broken, *(as_message(Happened(order_id=order, number=n)) for n in (500, 501)))

    assert broken.seen == []
    assert letters() == list(range(LIMIT))


def test_members_of_a_group_count_together(transactional_db):
    def record(number: int) -> Record:
        message = as_message(happened(number))
        return Record("orders", 0, number, message.key, message.value, message.headers)

    one, other = BatchHandler(consumer(Recorder())), BatchHandler(consumer(Recorder()))
    for number in range(LIMIT - 1):
        (one, other)[number % 2].dead_letter(record(number), ValueError("x"), attempts=3)
    other.handle([record(50)])
    for number in range(LIMIT, 2 * LIMIT):
        one.dead_letter(record(number), ValueError("x"), attempts=3)

    with pytest.raises(TooManyDeadLetters):
        other.dead_letter(record(99), ValueError("x"), attempts=3)
    assert len(letters()) == 2 * LIMIT - 1


def test_consumers_count_by_themselves(stopped, deliver):
    healthy = Recorder()

    deliver(healthy, name="another")

    assert len(healthy.numbers) == LIMIT + 20
    assert count() == LIMIT


def test_a_replay_that_succeeds_ends_the_row_and_letting_one_go_does_not(stopped):
    stopped.fails_on = set()
    service = DeadLetterService({"toy": consumer(stopped)}, by="ann")
    first, second, *_ = DeadLetter.objects.order_by("pk").values_list("pk", flat=True)

    service.discard([first], reason="not wanted")
    assert count() == LIMIT
    replay([second], {"toy": consumer(stopped)})
    assert count() == 0


def test_a_failure_that_was_rolled_back_does_not_count(stopped, deliver):
    """The row of failures ends with the transaction that handles, or not at all."""
    stopped.fails_on = {LIMIT}
    with pytest.raises(TooManyDeadLetters):
        deliver_one(stopped)

    assert count() == LIMIT


def deliver_one(handler: Recorder) -> None:
    message = as_message(happened(LIMIT))
    record = Record("orders", 0, 999, message.key, message.value, message.headers)
    single = BatchHandler(consumer(handler))
    with pytest.raises(ValueError, match="can't handle"):
        single.handle([record])
    single.dead_letter(record, ValueError("x"), attempts=3)
