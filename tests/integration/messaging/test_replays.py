"""Recorded replays: stepped, throttled, stopped, and carried out by whoever is alive; each try is on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from messaging.dead_letters import carrying
from messaging.dead_letters.carrying import ReplayCarrier
from messaging.dead_letters.rehearsal import rehearse
from messaging.dead_letters.replays import AT_ONCE, ReplayPace, go_on, order_replays, stop
from messaging.dead_letters.selection import Choice, causes
from messaging.exceptions import ReplayFinished, ReplayNotWaiting, UnknownDeadLetter, UnknownReplay
from messaging.models import DeadLetter, InboxEntry, Replay, ReplayItem
from tests.toy_events import Recorder, as_message, consumer, happened
from tests.waiting import wait_until

LONG = 60.0  # seconds that a slice never takes


@pytest.fixture
def broken(deliver) -> Recorder:
    """Twelve orders whose events have failed, the first one with two more behind it; the handler works by now."""
    handler = Recorder()
    handler.fails_on = set(range(100, 112))
    first = happened(100)
    others = [as_message(happened(number)) for number in range(101, 112)]
    behind = [as_message(happened(number, first.order_id)) for number in (1, 2)]
    deliver(handler, as_message(first), *behind, *others, as_message(happened(0)))
    assert DeadLetter.objects.count() == 14
    handler.fails_on = set()
    return handler


def order(handler: Recorder, *ids: int, pace: ReplayPace = AT_ONCE, by: str = "ann") -> Replay:
    (replay,) = order_replays(choice=Choice(ids=ids), consumers={"toy": consumer(handler)}, by=by, pace=pace)
    return replay


def carrier(handler: Recorder) -> ReplayCarrier:
    return ReplayCarrier({"toy": consumer(handler)})


def carry(handler: Recorder, replay: Replay) -> Replay:
    carrier(handler).carry(replay.pk, seconds=LONG)
    replay.refresh_from_db()
    return replay


def counts(replay: Replay) -> tuple[str, int, int, int, int, int]:
    replay.refresh_from_db()
    return (replay.state, replay.total, replay.replayed, replay.failed, replay.held, replay.settled)


def outcomes(replay: Replay) -> list[str]:
    return list(replay.items.order_by("turn", "dead_letter").values_list("outcome", flat=True))


def lapse(replay: Replay) -> None:
    """As if the process with the lease had died half a minute ago."""
    Replay.objects.filter(pk=replay.pk).update(carried_until=timezone.now() - timedelta(seconds=1))


# --- what is done, and what is on record -----------------------------------------------------------------------------


# JasperFx/wolverine#986: what was recovered came in any order.
def test_all_are_replayed_and_each_try_is_on_record(broken):
    replay = carry(broken, order(broken))

    assert counts(replay) == ("done", 14, 14, 0, 0, 0)
    assert (replay.by, replay.chosen, replay.carrier) == ("ann", "all", None)
    assert replay.finished_at >= replay.started_at
    assert outcomes(replay) == ["replayed"] * 14
    assert set(DeadLetter.objects.values_list("state", "resolved_by")) == {("replayed", "ann")}
    assert broken.numbers[1:4] == [100, 1, 2]  # an order is finished before the next one begins


# resque/resque#548: what failed again was there twice. rails/mission_control-jobs#122: its tries were not counted.
def test_what_fails_again_holds_what_is_behind_it_and_nothing_else(broken):
    broken.fails_on = {100, 105}
    replay = carry(broken, order(broken))

    assert counts(replay) == ("done", 14, 10, 2, 2, 0)
    assert list(replay.items.filter(outcome="failed").values_list("cause", flat=True)) == ["ValueError"] * 2
    assert DeadLetter.objects.get(pk=replay.items.filter(outcome="failed").first().dead_letter).attempts == 4


def test_by_cause_only_those_and_what_waits_behind_them(broken):
    DeadLetter.objects.filter(state="failed").exclude(error="").update(error="KeyError: x")
    first = DeadLetter.objects.order_by("pk").first()
    DeadLetter.objects.filter(pk=first.pk).update(error="UnrecordedEvent: nobody knows it")
    assert [(each.name, each.count) for each in causes(limit=5)] == [("KeyError", 11), ("UnrecordedEvent", 1)]

    (replay,) = order_replays(
        choice=Choice(cause="UnrecordedEvent"), consumers={"toy": consumer(broken)}, by="ann", pace=AT_ONCE
    )

    assert counts(carry(broken, replay)) == ("done", 3, 3, 0, 0, 0)
    assert replay.chosen == "all that failed with UnrecordedEvent"


def test_what_comes_behind_a_letter_after_the_order_is_replayed_too(broken, deliver):
    letter = DeadLetter.objects.order_by("pk").first()
    replay = order(broken, letter.pk)
    deliver_later = as_message(happened(3, letter.key))
    Replay.objects.update(carrier="00000000-0000-0000-0000-000000000001", carried_until=timezone.now() + timedelta(1))
    deliver(broken, deliver_later)
    Replay.objects.update(carrier=None)

    assert counts(carry(broken, replay)) == ("done", 4, 4, 0, 0, 0)
    assert broken.numbers[-4:] == [100, 1, 2, 3]


# oban-bg/oban#193: retrying what was done did it again, and overwrote when it had been done.
def test_an_order_of_nothing_is_not_put_on_record(broken):
    carry(broken, order(broken))

    assert order_replays(choice=Choice(), consumers={"toy": consumer(broken)}, by="bob") == []
    assert Replay.objects.count() == 1


def test_ids_that_are_none_are_named_and_nothing_is_ordered(broken):
    with pytest.raises(UnknownDeadLetter, match="999999999"):
        order(broken, 999_999_999)
    assert not Replay.objects.exists()


# --- pace ------------------------------------------------------------------------------------------------------------


def test_stepped_it_waits_for_a_person_after_one_order_and_then_after_ten_more(broken):
    replay = carry(broken, order(broken, pace=ReplayPace(stepped=True)))
    assert counts(replay) == ("waiting", 14, 3, 0, 0, 0)
    assert counts(carry(broken, replay)) == ("waiting", 14, 3, 0, 0, 0)

    go_on(replay.pk)
    assert counts(carry(broken, replay)) == ("waiting", 14, 13, 0, 0, 0)

    go_on(replay.pk)
    assert counts(carry(broken, replay)) == ("done", 14, 14, 0, 0, 0)
    with pytest.raises(ReplayNotWaiting, match="is done"):
        go_on(replay.pk)


# akka/akka-core#16386: what had been away was flooded as soon as it was back.
def test_throttled_it_handles_what_a_second_allows_and_no_burst_after_a_pause(broken):
    replay = order(broken, pace=ReplayPace(per_second=2))
    Replay.objects.update(allowance=1, allowance_at=timezone.now() + timedelta(hours=1))  # no time passes
    assert counts(carry(broken, replay))[2] == 1

    Replay.objects.update(allowance_at=timezone.now() - timedelta(hours=1))
    assert counts(carry(broken, replay))[2] == 3


def test_asked_to_it_stops_at_the_first_new_failure(broken):
    broken.fails_on = {101}
    replay = carry(broken, order(broken, pace=ReplayPace(stop_at_failure=True)))

    assert counts(replay) == ("stopped", 14, 3, 1, 0, 0)
    assert replay.left == 10
    assert DeadLetter.objects.filter(state="failed").count() == 11


# cloudamqp/lavinmq#1372: a move of messages that was paused was gone, with how far it had come.
def test_a_person_stops_it_before_the_next_order(broken):
    replay = carry(broken, order(broken, pace=ReplayPace(stepped=True)))

    stop(pk=replay.pk, by="bob")

    assert counts(replay) == ("stopped", 14, 3, 0, 0, 0)
    assert replay.stopped_by == "bob"
    with pytest.raises(ReplayFinished):
        stop(pk=replay.pk, by="bob")
    with pytest.raises(UnknownReplay):
        stop(pk=replay.pk + 1, by="bob")


def test_a_replay_that_is_told_to_stop_in_an_order_finishes_that_order(broken):
    replay = order(broken)
    Replay.objects.update(turn=1)

    assert stop(pk=replay.pk, by="bob").state == "running"

    assert counts(carry(broken, replay)) == ("stopped", 14, 3, 0, 0, 0)


def test_a_dry_run_tells_what_would_be_and_leaves_everything_as_it_was(broken):
    broken.fails_on = {100, 105}
    before = list(DeadLetter.objects.order_by("pk").values())

    told = rehearse(choice=Choice(), consumers={"toy": consumer(broken)})

    assert str(told) == "10 would be replayed, 2 would fail again, 2 would wait on (2 × ValueError)"
    assert list(DeadLetter.objects.order_by("pk").values()) == before
    assert InboxEntry.objects.count() == 1
    assert not Replay.objects.exists()


def test_a_dry_run_that_may_take_no_longer_says_how_far_it_got(broken):
    ticks = iter(range(100))

    told = rehearse(choice=Choice(), consumers={"toy": consumer(broken)}, seconds=3, clock=lambda: next(ticks))

    assert str(told) == "of 12 orders, the first 3: 5 would be replayed"


# --- two people, and processes that die ------------------------------------------------------------------------------


# KanishJebaMathewM/Truxify#11218: a replay went around what keeps an event from being handled twice.
def test_two_people_who_replay_the_same_at_once_replay_each_letter_once(broken):
    replays = [order(broken, by=name) for name in ("ann", "bob")]

    def work(replay: Replay) -> None:
        try:
            carrier(broken).carry(replay.pk, seconds=LONG)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, replays))

    (_, _, by_ann, *none_failed, seen_by_ann), (_, _, by_bob, *_, seen_by_bob) = map(counts, replays)
    assert (by_ann + by_bob, seen_by_ann + seen_by_bob, none_failed) == (14, 14, [0, 0])
    assert len(broken.numbers) == len(set(broken.numbers)) == 15


def test_what_one_process_carries_out_no_other_does(broken):
    replay = order(broken)
    Replay.objects.update(carrier="00000000-0000-0000-0000-000000000001", carried_until=timezone.now() + timedelta(1))

    assert counts(carry(broken, replay)) == ("running", 14, 0, 0, 0, 0)


# Particular/ServiceControl#2040: a group of messages was "retrying" for good, because what retried it was gone.
def test_another_process_goes_on_where_one_has_died(broken):
    replay = order(broken)

    class Killed(BaseException):
        pass

    broken.fails_on, broken.error = {105}, Killed()
    with pytest.raises(Killed):
        carry(broken, replay)
    assert counts(replay) == ("running", 14, 7, 0, 0, 0)
    broken.fails_on = set()
    assert counts(carry(broken, replay))[2] == 7  # the dead one's lease holds
    lapse(replay)

    assert counts(carry(broken, replay)) == ("done", 14, 14, 0, 0, 0)
    assert len(broken.numbers) == len(set(broken.numbers)) == 15


def test_a_letter_that_processes_die_of_is_given_up_and_the_others_follow(broken):
    class Killed(BaseException):
        pass

    replay = order(broken)
    broken.fails_on, broken.error = {100}, Killed()
    for _ in range(carrying.MOST_DEATHS):
        with pytest.raises(Killed):
            carry(broken, replay)
        lapse(replay)

    assert counts(carry(broken, replay)) == ("done", 14, 11, 1, 2, 0)
    assert ReplayItem.objects.get(outcome="failed").cause == "ProcessDied"


def test_an_outage_is_no_failure(broken):
    replay = order(broken)
    broken.fails_on, broken.error = {100}, OperationalError("server closed the connection unexpectedly")
    with pytest.raises(OperationalError):
        carry(broken, replay)

    assert counts(replay) == ("running", 14, 0, 0, 0, 0)
    assert DeadLetter.objects.filter(attempts__gt=3).count() == 0


def test_consumers_carry_out_what_was_ordered(broken, deliver):
    replay = order(broken)

    def is_done() -> bool:
        deliver(broken)  # for a slice, which is half a second of a machine that may be busy
        return counts(replay)[0] == "done"

    wait_until(is_done, what="it is carried out")

    assert counts(replay) == ("done", 14, 14, 0, 0, 0)
