"""Carrying recorded replays out, a letter at a time, each with its record in one transaction.

Any process may do it: the consumers do between their batches, a request of the admin and a command do for what they
have ordered. A process has a lease on what it carries out. If it dies, nothing is half done, and another goes on.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from messaging.consuming import dead_letters
from messaging.consuming.batches import Consumer
from messaging.dead_letters.replay import DeadLetterService, Sequence, note_failure
from messaging.models import DeadLetter, Replay, ReplayItem
from messaging.retry import is_transient

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
MOST_DEATHS = 3  # of processes at one letter, which is then given up
DIED = "ProcessDied"  # the cause of what was given up for that
UNKNOWN = "UnknownEventType"
Outcome = ReplayItem.Outcome
State = Replay.State


class ReplayCarrier:
    """Carries out replays for one process, by the handlers of these consumers."""

    def __init__(self, consumers: Mapping[str, Consumer]) -> None:
        self._consumers = consumers
        self._token = uuid4()

    def carry_any(self, consumer: str, *, seconds: float) -> None:
        """Carry out what there is of a consumer's replays, oldest first, for so many seconds."""
        until = time.monotonic() + seconds
        running = Replay.objects.filter(consumer=consumer, state=State.RUNNING).order_by("pk")
        for pk in running.values_list("pk", flat=True):
            if (left := until - time.monotonic()) > 0:
                self.carry(pk, seconds=left)

    def carry(self, pk: int, *, seconds: float) -> None:
        """Carry out a replay for so many seconds, unless somebody else does; less if it ends or may not go on yet.

        Raises:
            Exception: a transient error, such as an outage: the letter is to be tried again.
        """
        until = time.monotonic() + seconds
        if (by := self._take(pk)) is not None:
            service = DeadLetterService(self._consumers, by=by)
            while time.monotonic() < until and self._next(pk, service):
                pass
            Replay.objects.filter(pk=pk, carrier=self._token).update(carrier=None, carried_until=None)

    @transaction.atomic
    def _take(self, pk: int) -> str | None:
        """Take the lease, if it is free or its holder is gone: then it died, maybe of the letter that is next.

        Returns whose replay it is; None if it can't be taken.
        """
        replay = Replay.objects.select_for_update(skip_locked=True).annotate(now=Now()).filter(pk=pk).first()
        if replay is None or replay.state != State.RUNNING:
            return None
        if replay.carrier not in (None, self._token):
            if replay.carried_until and replay.carried_until > replay.now:
                return None
            log.warning("replay_taken_over", replay=pk)
            if item := next_item(replay):
                ReplayItem.objects.filter(pk=item.pk).update(deaths=F("deaths") + 1)
        Replay.objects.filter(pk=pk).update(carrier=self._token, carried_until=Now() + LEASE)
        return replay.by

    @transaction.atomic
    def _next(self, pk: int, service: DeadLetterService) -> bool:
        """Handle the next letter; False if there is nothing to do at once."""
        mine = Replay.objects.select_for_update().filter(pk=pk, carrier=self._token, state=State.RUNNING)
        replay = mine.annotate(now=Now()).first()
        if replay is None:
            return False
        item = next_item(replay)
        if item is None or pause_between_turns(replay, item):
            if item is None:
                finish(replay, State.DONE)
            return False
        if not _has_allowance(replay):
            return False
        replay.turn = item.turn
        _Try(service, replay).handle(item)
        replay.carried_until = replay.now + LEASE
        replay.save()
        return replay.state == State.RUNNING


def next_item(replay: Replay) -> ReplayItem | None:
    return replay.items.filter(outcome=Outcome.PENDING).order_by("turn", "dead_letter").first()


def pause_between_turns(replay: Replay, item: ReplayItem) -> bool:
    """Stop a replay or have it wait, where it has to before the turn of its next item; whether it does."""
    if (
        item.turn <= replay.turn
    ):  # a turn that was begun is ended: what waits behind a replayed letter is not left there
        return False
    if replay.stopped_by:
        finish(replay, State.STOPPED)
    elif replay.step_until is not None and item.turn > replay.step_until:
        replay.state = State.WAITING
        replay.save(update_fields=["state"])
    return replay.state != State.RUNNING


def finish(replay: Replay, state: State) -> None:
    replay.state, replay.finished_at = state, timezone.now()
    replay.save(update_fields=["state", "finished_at"])
    log.info("replay_finished", replay=replay.pk, state=state.value, replayed=replay.replayed, failed=replay.failed)


def _has_allowance(replay: Replay) -> bool:
    """Take one event from what may be handled by now."""
    if replay.per_second is None:
        return True
    now = replay.now  # type: ignore[attr-defined]
    passed = max(0.0, (now - replay.allowance_at).total_seconds())
    # A token bucket that holds the events of a second: what was not used adds up no further, so no burst comes after a
    # pause.
    allowance = min(max(float(replay.per_second), 1.0), replay.allowance + replay.per_second * passed)
    if allowance < 1:
        return False
    replay.allowance, replay.allowance_at = allowance - 1, now
    return True


class _Try:
    """One try of a letter, in a transaction that has locked its replay."""

    def __init__(self, service: DeadLetterService, replay: Replay) -> None:
        self._service = service
        self._replay = replay

    def handle(self, item: ReplayItem) -> None:
        """Handle the first open letter of the item's key, and note what came of it.

        Raises:
            Exception: a transient error.
        """
        letter = DeadLetter.objects.filter(pk=item.dead_letter).first()
        if letter is None or letter.state not in DeadLetter.UNRESOLVED:
            self._note(item, Outcome.SETTLED)
        elif item.deaths >= MOST_DEATHS:
            self._failed(item, DIED)
        else:
            self._handle_first(Sequence.of(letter), item)

    def _handle_first(self, sequence: Sequence, item: ReplayItem) -> None:
        dead_letters.lock_sequence(sequence.consumer, sequence.key)
        first = self._service.open_of(sequence).first()
        if first is None:  # the item's own: resolved this moment, or deferred and still of a type that nobody knows
            unknown = DeadLetter.objects.filter(pk=item.dead_letter, state=DeadLetter.State.DEFERRED).exists()
            self._failed(item, UNKNOWN) if unknown else self._note(item, Outcome.SETTLED)
            return
        own = self._item_of(first, item.turn)
        try:
            with transaction.atomic():
                self._service.handle(first)
        except Exception as error:  # whatever a handler raises: it was dead-lettered for such an error before
            if is_transient(error):
                raise
            note_failure(first, error)
            self._failed(own, type(error).__name__)
            return
        self._note(own, Outcome.REPLAYED)
        if following := self._service.open_of(sequence).first():
            self._item_of(following, item.turn)

    def _item_of(self, letter: DeadLetter, turn: int) -> ReplayItem:
        """The item of a letter; a new one for what came behind its key since the replay was ordered."""
        item, is_new = ReplayItem.objects.get_or_create(
            replay=self._replay, dead_letter=letter.pk, defaults={"turn": turn}
        )
        self._replay.total += is_new
        return item

    def _failed(self, item: ReplayItem, cause: str) -> None:
        """Note a failure: what follows under the key waits on."""
        self._note(item, Outcome.FAILED, cause=cause[:100])
        behind = self._replay.items.filter(turn=item.turn, outcome=Outcome.PENDING)
        self._replay.held += behind.update(outcome=Outcome.HELD, at=timezone.now())
        if self._replay.stop_at_failure:
            finish(self._replay, State.STOPPED)

    def _note(self, item: ReplayItem, outcome: Outcome, *, cause: str = "") -> None:
        item.outcome, item.cause, item.at = outcome, cause, timezone.now()
        item.save(update_fields=["outcome", "cause", "at"])
        counter = outcome.value
        setattr(self._replay, counter, getattr(self._replay, counter) + 1)
