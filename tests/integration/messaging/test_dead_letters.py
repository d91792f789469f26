"""Dead letters in sequence: what comes after a failed event of an order waits behind it; everyone else flows on."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import transaction

from messaging.consuming import dead_letters
from messaging.consuming.batches import BatchHandler
from messaging.dead_letters.replay import DeadLetterService, ReplayResult
from messaging.exceptions import DeadLetterResolved, ReasonMissing, UnknownDeadLetter
from messaging.models import DeadLetter, InboxEntry
from messaging.transport.base import Message, Record
from tests.concurrency import somebody_waits
from tests.replays import replay
from tests.toy_events import Recorder, as_message, consumer, happened
from tests.waiting import wait_until


@pytest.fixture
def order_id():
    return happened().order_id


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", flat=True))


def ids(*wanted: str) -> list[int]:
    letters = DeadLetter.objects.filter(state__in=wanted) if wanted else DeadLetter.objects.all()
    return list(letters.order_by("pk").values_list("pk", flat=True))


def service(handler: Recorder) -> DeadLetterService:
    return DeadLetterService({"toy": consumer(handler)}, by="ann")


def replayed(handler: Recorder, letters: list[int]) -> tuple[int, int]:
    """How many were replayed, and how many failed again."""
    return replay(letters, {"toy": consumer(handler)})


@pytest.fixture
def stuck(deliver, order_id) -> Recorder:
    """An order whose first event has failed, with two behind it; the handler works by now."""
    handler = Recorder()
    handler.fails_on = {1}
    deliver(handler, *(as_message(happened(n, order_id)) for n in (1, 2, 3)), as_message(happened(9)))
    assert handler.numbers == [9]
    assert states() == ["failed", "waiting", "waiting"]
    handler.fails_on = set()
    return handler


def test_later_events_of_an_order_wait_behind_the_failed_one_and_others_flow_on(stuck, deliver, order_id):
    deliver(stuck, as_message(happened(4, order_id)), as_message(happened(10)))

    assert stuck.numbers == [9, 10]
    assert states() == ["failed", "waiting", "waiting", "waiting"]


def test_a_message_that_can_not_be_read_holds_up_its_key_too(deliver, order_id):
    handler = Recorder()
    garbled = replace(as_message(happened(1, order_id)), value=b"?")

    deliver(handler, garbled, as_message(happened(2, order_id)), as_message(happened(9)))

    assert handler.numbers == [9]
    assert states() == ["failed", "waiting"]


def test_messages_without_a_key_wait_for_nobody(deliver):
    handler = Recorder()
    deliver(handler, Message("orders", b"", b"?", []), Message("orders", b"", b"?", []))

    assert states() == ["failed", "failed"]
    assert replayed(handler, ids()) == (0, 2)


def test_replaying_one_handles_all_that_waited_behind_it_in_order(stuck):
    assert replayed(stuck, ids("failed")) == (3, 0)

    assert stuck.numbers == [9, 1, 2, 3]
    assert states() == ["replayed"] * 3
    assert set(DeadLetter.objects.values_list("resolved_by", flat=True)) == {"ann"}
    assert InboxEntry.objects.count() == 4


def test_afterwards_the_orders_events_flow_again(stuck, deliver, order_id):
    replayed(stuck, ids("failed"))

    deliver(stuck, as_message(happened(4, order_id)))

    assert stuck.numbers == [9, 1, 2, 3, 4]


def test_replaying_one_from_the_middle_starts_with_the_first(stuck):
    replayed(stuck, ids("waiting")[-1:])

    assert stuck.numbers == [9, 1, 2, 3]


def test_a_replay_that_fails_stops_there_and_keeps_the_rest_waiting(stuck):
    stuck.fails_on = {2}

    assert replayed(stuck, ids("failed")) == (1, 1)

    assert stuck.numbers == [9, 1]
    assert states() == ["replayed", "failed", "waiting"]
    assert DeadLetter.objects.get(state="failed").attempts == 1


def test_replaying_again_changes_nothing(stuck):
    everything = ids()
    replayed(stuck, everything)

    assert replayed(stuck, everything) == (0, 0)
    assert stuck.numbers == [9, 1, 2, 3]


def test_discarding_lets_one_go_with_its_reason_and_the_rest_follow(stuck):
    (failed,) = ids("failed")

    assert service(stuck).discard([failed], reason=" broken by hand ") == ReplayResult(replayed=2, discarded=1)

    assert stuck.numbers == [9, 2, 3]
    letter = DeadLetter.objects.get(pk=failed)
    assert (letter.state, letter.reason, letter.resolved_by) == ("discarded", "broken by hand", "ann")
    assert letter.resolved_at is not None


def test_discarding_one_that_waits_leaves_the_failed_one_at_the_head(stuck):
    service(stuck).discard(ids("waiting")[:1], reason="not wanted")

    assert states() == ["failed", "discarded", "waiting"]
    assert stuck.numbers == [9]


def test_discarding_takes_a_reason(stuck):
    with pytest.raises(ReasonMissing):
        service(stuck).discard(ids("failed"), reason="  ")
    assert states() == ["failed", "waiting", "waiting"]


def test_what_is_resolved_is_not_discarded_and_nothing_is_half_done(stuck):
    replayed(stuck, ids("failed"))
    with pytest.raises(DeadLetterResolved, match=r"dead letter \d+ is replayed already"):
        service(stuck).discard(ids(), reason="x")


def test_an_id_that_is_none_is_named_and_nothing_is_done(stuck):
    with pytest.raises(UnknownDeadLetter, match="999999999"):
        replayed(stuck, [*ids(), 999_999_999])
    assert states() == ["failed", "waiting", "waiting"]


def test_a_second_delivery_adds_no_letter_and_brings_none_back(stuck, deliver, subscriptions):
    service(stuck).discard(ids("failed"), reason="x")
    subscriptions.broker.offsets.clear()  # as if no offset had been committed

    deliver(stuck)

    assert states() == ["discarded", "replayed", "replayed"]
    assert stuck.numbers.count(2) == stuck.numbers.count(3) == stuck.numbers.count(9) == 1


def test_a_record_at_the_same_place_of_a_topic_that_was_made_anew_is_another_one(stuck, deliver, subscriptions):
    """Pitfall of offsets as identities: they begin again, and a dead letter taken for a known one would be lost."""
    service(stuck).discard(ids("failed"), reason="x")
    subscriptions.broker.logs.clear()
    subscriptions.broker.offsets.clear()
    wait_until(lambda: time.time() * 1000 > 1 + max(DeadLetter.objects.values_list("timestamp", flat=True)))
    stuck.fails_on = {7}

    deliver(stuck, as_message(happened(7)), replace(as_message(happened()), value=b"?"))

    assert states() == ["discarded", "replayed", "replayed", "failed", "failed"]


def test_what_another_member_has_handled_meanwhile_is_not_set_aside(stuck, deliver, order_id):
    """A consumer that lost its partitions while it failed would hold up the order for nothing."""
    message = as_message(happened(5))
    record = Record("orders", 0, 50, message.key, message.value, message.headers)
    handler = BatchHandler(consumer(stuck))
    handler.handle([record])

    handler.dead_letter(record, ValueError("too late"), attempts=3)

    assert states() == ["failed", "waiting", "waiting"]


def test_an_event_that_comes_during_a_replay_waits_for_its_end(stuck, deliver, order_id):
    """Else it would be put behind a sequence whose last letter has just gone, and stay there."""

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            dead_letters.lock_sequence("toy", str(order_id))
            DeadLetter.objects.update(state="replayed", resolved_at="2026-01-01T00:00Z")
            delivered = pool.submit(deliver, stuck, as_message(happened(4, order_id)))
            wait_until(lambda: delivered.done() or somebody_waits())
            assert not delivered.done()
        delivered.result()

    assert stuck.numbers == [9, 4]


def test_bytes_that_are_no_text_are_kept_as_they_are(deliver):
    handler = Recorder()
    headers = [("ce_type", b"\xff\x00"), ("plain", b"text")]
    deliver(handler, Message("orders", b"\xfe", b"\x00\xff", headers))

    record = dead_letters.record_of(DeadLetter.objects.get())

    assert (record.value, record.headers) == (b"\x00\xff", headers)


def test_nothing_of_a_replay_that_fails_is_left(stuck):
    stuck.fails_on = {1}
    replayed(stuck, ids("failed"))

    assert InboxEntry.objects.count() == 1
