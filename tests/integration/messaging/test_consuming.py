"""Consuming: batches when all is well, one by one when not; at least once on the wire, once in effect."""

from contextlib import closing
from uuid import UUID

import pytest
from django.db import OperationalError

from messaging.consuming import inbox
from messaging.consuming.batches import BatchHandler
from messaging.events import new_id
from messaging.exceptions import TooManyDeadLetters
from messaging.models import DeadLetter, InboxEntry
from messaging.transport.base import Message, Record
from messaging.transport.memory import MemorySubscription
from tests.concurrency import one_after_the_other
from tests.toy_events import Happened, Recorder, as_message, consumer, happened


class _Deadlock(Exception):
    pgcode = "40P01"


def transient() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = _Deadlock()
    return error


def test_a_batch_is_handled_in_one_call(deliver):
    handler = Recorder()

    deliver(handler, *(as_message(happened(n)) for n in range(10)))

    assert handler.numbers == list(range(10))
    assert handler.calls == 1


def test_an_event_delivered_twice_takes_effect_once(deliver):
    handler, message = Recorder(), as_message(happened(1))

    deliver(handler, message, message)
    deliver(handler, message)

    assert handler.numbers == [1]


def test_each_consumer_handles_an_event_for_itself(deliver):
    one, two, message = Recorder(), Recorder(), as_message(happened(1))

    deliver(one, message, name="one")
    deliver(two, name="two")

    assert one.numbers == two.numbers == [1]


def test_events_of_no_use_take_no_statement_and_offsets_move_on(deliver, subscriptions, django_assert_num_queries):
    handler = Recorder()
    boring = [as_message(happened(n), event_type="boring.v1") for n in range(3)]
    records = [Record(each.topic, 0, offset, each.key, each.value, each.headers) for offset, each in enumerate(boring)]

    with django_assert_num_queries(0):
        BatchHandler(consumer(handler)).handle(records)
    deliver(handler, *boring, as_message(happened(7)))

    assert handler.numbers == [7]
    assert 3 in subscriptions.committed


def test_an_event_of_no_use_does_not_wait_behind_a_dead_letter_of_its_order(deliver):
    handler = Recorder()
    handler.fails_on = {1}
    order = new_id()

    deliver(handler, as_message(happened(1, order)), as_message(happened(2, order), event_type="boring.v1"))

    assert list(DeadLetter.objects.values_list("event_type", "state")) == [("happened.v1", "failed")]


def test_two_deliveries_at_the_same_time_take_effect_once(transactional_db):
    """Pitfall: check-then-insert inboxes let concurrent duplicates through."""
    event_id = happened().order_id
    claims: list[set[UUID]] = []

    def claim() -> None:
        claims.append(inbox.claim("toy", {event_id: "A"}))

    one_after_the_other(claim, claim)

    assert claims == [{event_id}, set()]


def test_an_event_whose_handler_failed_is_not_acknowledged_before_it_is_kept(deliver, subscriptions, monkeypatch):
    """Pitfalls: acknowledging although the handler failed; committing the offset before the dead letter is stored."""
    handler = Recorder()
    handler.fails_on = {1}
    stored_before_commit: list[bool] = []
    monkeypatch.setattr(
        MemorySubscription,
        "commit",
        lambda self, records: stored_before_commit.append(DeadLetter.objects.filter(offset=records[0].offset).exists()),
    )

    deliver(handler, as_message(happened(1)))

    assert stored_before_commit == [True]
    assert not InboxEntry.objects.exists()


def test_a_poison_message_is_kept_whole_and_the_others_flow_on(deliver):
    """Pitfall: a poison message that blocks its partition."""
    handler = Recorder()
    handler.fails_on = {3}

    deliver(handler, *(as_message(happened(n)) for n in range(6)))

    assert handler.numbers == [0, 1, 2, 4, 5]
    letter = DeadLetter.objects.get()
    assert (letter.offset, letter.event_type, letter.attempts) == (3, "happened.v1", 3)
    assert bytes(letter.body).endswith(b'"number":3}')
    assert letter.error == "ValueError: can't handle this"
    assert "Recorder" in letter.traceback or "__call__" in letter.traceback


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message("orders", b"k", b"not json", as_message(happened()).headers), "malformed"),
        (Message("orders", b"k", b"\xff\xfe", as_message(happened()).headers), ""),
        (Message("orders", b"k", b"[" * 100_000, as_message(happened()).headers), ""),
        (Message("orders", b"k", b"{}", as_message(happened()).headers), "order_id"),
        (Message("orders", b"k", b"", as_message(happened()).headers), ""),
        (Message("orders", b"", b"{}", []), "ce_type is missing"),
        (Message("orders", b"k", b"{}", [("ce_type", b"\xff")]), "not UTF-8"),
        (Message("orders", b"k", b"{}", [("ce_type", b"happened.v2")]), "unknown event type 'happened.v2'"),
        (Message("orders", b"k\x00", b"\x00", [("ce_type", b"happened.v1\x00")]), "unknown event type"),
    ],
)
def test_what_is_not_an_event_we_know_becomes_a_dead_letter_and_the_partition_flows_on(deliver, message, reason):
    handler = Recorder()

    deliver(handler, message, as_message(happened(1)))

    assert handler.numbers == [1]
    letter = DeadLetter.objects.get()
    assert letter.error.startswith("UndecodableEvent")
    assert reason in letter.error
    assert bytes(letter.body) == (message.value or b"")


def test_a_type_that_is_none_of_its_business_is_skipped(deliver):
    handler = Recorder()

    deliver(handler, as_message(happened(1), event_type="boring.v1"))

    assert handler.seen == []
    assert not DeadLetter.objects.exists()


def test_a_transient_error_is_waited_for_as_a_living_member_and_nothing_is_dead_lettered(deliver, subscriptions):
    """Pitfall: a back-off inside the handler that outlasts the poll interval."""
    handler = Recorder()
    handler.fails_on, handler.fails_times, handler.error = {0}, 7, transient()

    deliver(handler, as_message(happened(0)), as_message(happened(1)))

    assert handler.numbers == [0, 1]
    assert subscriptions.kept_alive == 7
    assert not DeadLetter.objects.exists()


def test_a_batch_that_is_taken_away_while_it_waits_is_given_up_uncommitted(deliver, subscriptions):
    """Pitfall: a rebalance in the middle of a batch."""
    handler = Recorder()
    handler.fails_on, handler.fails_times, handler.error = {0}, 1, transient()
    subscriptions.on_keep_alive = lambda subscription: subscription.assign({})

    deliver(handler, as_message(happened(0)))

    assert handler.seen == []
    assert subscriptions.committed == []


def test_many_failures_in_a_row_stop_the_consumer(deliver, settings):
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 4
    handler = Recorder()
    handler.fails_on = set(range(100))

    with pytest.raises(TooManyDeadLetters, match="toy: 4 events in a row"):
        deliver(handler, *(as_message(happened(n)) for n in range(20)))

    assert DeadLetter.objects.count() == 4


def test_any_number_of_unreadable_messages_does_not_stop_the_consumer(deliver, settings):
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 4
    handler = Recorder()

    deliver(handler, *(Message("orders", b"k", b"?", []) for _ in range(20)), as_message(happened(1)))

    assert handler.numbers == [1]
    assert DeadLetter.objects.count() == 20


def test_the_events_of_one_key_keep_their_order_across_types_in_a_batch(deliver):
    from tests.toy_events import Undone

    handler = Recorder()
    order = happened().order_id
    events = [
        Happened(order_id=order, number=1),
        Undone(order_id=order, number=2),
        happened(10),
        Happened(order_id=order, number=3),
    ]

    deliver(handler, *(as_message(event) for event in events))

    own = [event.number for event in handler.seen if event.order_id == order]
    assert own == [1, 2, 3]
    assert handler.calls == 1  # which is that of both types


def test_closing_gives_the_partitions_to_the_other_members(deliver, subscriptions):
    with closing(MemorySubscription(subscriptions.broker, "toy", ["orders"])) as other:
        deliver(Recorder(), as_message(happened(1)))
        assert other.lag() is not None
    assert subscriptions.broker.members["toy"] == []
