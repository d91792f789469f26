"""Handling dead letters again, and discarding them: those that wait behind one are handled next, in order.

Replays that people order are carried out by `messaging/dead_letters/carrying.py`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.text import counted
from messaging.consuming import consecutive_failures, dead_letters
from messaging.consuming.batches import BatchHandler, Consumer
from messaging.exceptions import DeadLetterResolved, ReasonMissing, UnknownDeadLetter
from messaging.models import DeadLetter
from messaging.retry import is_transient

log = structlog.get_logger(__name__)

NoteFailure = Callable[[DeadLetter, Exception], None]

NEWER_VERSION = "(a newer version)"  # `resolved_by` of deferred events that a consumer replays; no user has this name
_MAX_DEFERRED_KEYS = 100  # keys at a time


@dataclass
class ReplayResult:
    """How many dead letters were discarded, were replayed behind those, or failed again and stay open."""

    replayed: int = 0
    discarded: int = 0
    failed: int = 0

    def __str__(self) -> str:
        counts = {"replayed": self.replayed, "discarded": self.discarded, "failed again": self.failed}
        return counted(counts) or "nothing was left to be done"


@dataclass(frozen=True)
class Sequence:
    """The dead letters of a key for a consumer; one without a key is a sequence of its own."""

    consumer: str
    key: str
    alone: int | None

    @classmethod
    def of(cls, letter: DeadLetter) -> "Sequence":
        return cls(letter.consumer, letter.key, None if letter.key else letter.pk)

    def open(self, known_types: Collection[str]) -> QuerySet[DeadLetter]:
        letters = dead_letters.open_letters(self.consumer, known_types=known_types).filter(key=self.key)
        return (letters if self.alone is None else letters.filter(pk=self.alone)).order_by("pk")


class DeadLetterService:
    """Handles dead letters again and discards them, by the handlers of these consumers.

    Args:
        by: the name of the user who does it, for the record.
    """

    def __init__(self, consumers: Mapping[str, Consumer], *, by: str) -> None:
        self._handlers = {name: BatchHandler(consumer) for name, consumer in consumers.items()}
        self._by = by

    def replay_deferred(self, consumer: str) -> ReplayResult:
        """Handle events that older versions deferred and whose types this version knows, and what waits behind them.

        One that fails is a failed dead letter from then on; but once too many in a row have failed, it stays deferred:
        this version may be broken, and the next one can handle it.
        """
        outcome = ReplayResult()
        known = self._handlers[consumer].known_types
        letters = DeadLetter.objects.filter(
            consumer=consumer, state=DeadLetter.State.DEFERRED, event_type__in=known
        ).only("consumer", "key")
        for sequence in dict.fromkeys(map(Sequence.of, letters.order_by("pk")[:_MAX_DEFERRED_KEYS])):
            first = sequence.open(known).first()
            if first is not None and first.state == DeadLetter.State.DEFERRED:  # else it waits for a person
                self._replay(sequence, outcome, note=_note_failure_of_deferred)
        return outcome

    def discard(self, ids: Iterable[int], *, reason: str) -> ReplayResult:
        """Discard dead letters for good; what waited behind them is handled.

        Raises:
            UnknownDeadLetter: names the ids that do not exist.
            DeadLetterResolved: one was replayed or discarded before.
            ReasonMissing: no reason is given. In all three cases nothing is done.
        """
        if not reason.strip():
            raise ReasonMissing
        letters = letters_of(ids)
        with transaction.atomic():
            for letter in sorted(letters, key=lambda each: (each.consumer, each.key)):  # one fixed order of locks
                self._discard(letter, reason.strip()[:500])
        outcome = ReplayResult(discarded=len(letters))
        for sequence in dict.fromkeys(map(Sequence.of, letters)):
            first = self.open_of(sequence).first()
            if first is not None and first.state == DeadLetter.State.WAITING:
                self._replay(sequence, outcome)
        return outcome

    def open_of(self, sequence: Sequence) -> QuerySet[DeadLetter]:
        """What a replay of a sequence handles, from the first on."""
        return sequence.open(self._handlers[sequence.consumer].known_types)

    def _replay(self, sequence: Sequence, outcome: ReplayResult, *, note: NoteFailure | None = None) -> None:
        while (first := self.open_of(sequence).first()) is not None:
            try:
                outcome.replayed += self._replay_one(sequence, first.pk)
            except Exception as error:  # whatever a handler raises: it was dead-lettered for such an error before
                if is_transient(error):
                    raise
                self._note(sequence, first.pk, error, note or note_failure)
                outcome.failed += 1
                return

    @transaction.atomic
    def _note(self, sequence: Sequence, pk: int, error: Exception, note: NoteFailure) -> None:
        """Keep an error, unless somebody else has resolved the dead letter meanwhile."""
        dead_letters.lock_sequence(sequence.consumer, sequence.key)
        if letter := self.open_of(sequence).filter(pk=pk).first():
            note(letter, error)

    @transaction.atomic
    def _replay_one(self, sequence: Sequence, pk: int) -> bool:
        """Replay one dead letter; False if somebody else has resolved it meanwhile."""
        dead_letters.lock_sequence(sequence.consumer, sequence.key)
        letter = self.open_of(sequence).filter(pk=pk).first()
        if letter is not None:
            self.handle(letter)
        return letter is not None

    def handle(self, letter: DeadLetter) -> None:
        """Handle one dead letter and resolve it, in the caller's transaction, which has locked its sequence.

        Raises:
            Exception: whatever its handler raises.
        """
        self.rehearse(letter)
        self._resolve(letter, DeadLetter.State.REPLAYED)

    def rehearse(self, letter: DeadLetter) -> None:
        """Handle one dead letter and leave it open, in a transaction that the caller rolls back.

        What a database checks on commit only is checked now: the transaction has the caller's records in it, too, and
        a dry run never commits.

        Raises:
            Exception: whatever its handler raises.
        """
        self._handlers[letter.consumer].replay(dead_letters.record_of(letter))
        connection.check_constraints()

    def _discard(self, letter: DeadLetter, reason: str) -> None:
        dead_letters.lock_sequence(letter.consumer, letter.key)
        letter.refresh_from_db()
        if letter.state not in DeadLetter.UNRESOLVED:
            raise DeadLetterResolved(f"dead letter {letter.pk} is {letter.state} already")
        letter.reason = reason
        self._handlers[letter.consumer].mark_handled(dead_letters.record_of(letter))
        self._resolve(letter, DeadLetter.State.DISCARDED)

    def _resolve(self, letter: DeadLetter, state: DeadLetter.State) -> None:
        letter.state = state
        letter.resolved_at = timezone.now()
        letter.resolved_by = self._by
        letter.save(update_fields=["state", "resolved_at", "resolved_by", "reason"])
        log.info("dead_letter_resolved", dead_letter=letter.pk, state=state.value, by=self._by, order_id=letter.key)


def letters_of(ids: Iterable[int]) -> list[DeadLetter]:
    """Dead letters by their ids.

    Raises:
        UnknownDeadLetter: names those that do not exist.
    """
    wanted = set(ids)
    letters = list(DeadLetter.objects.filter(pk__in=wanted).order_by("pk"))
    if missing := wanted - {letter.pk for letter in letters}:
        raise UnknownDeadLetter(f"there is no dead letter {', '.join(map(str, sorted(missing)))}")
    return letters


def note_failure(letter: DeadLetter, error: Exception) -> None:
    """Keep the error that a dead letter failed with again."""
    letter.state = DeadLetter.State.FAILED
    letter.attempts += 1
    dead_letters.describe(letter, error)
    letter.save(update_fields=["state", "attempts", "error", "traceback"])
    log.warning("dead_letter_failed_again", dead_letter=letter.pk, error=type(error).__name__, order_id=letter.key)


def _note_failure_of_deferred(letter: DeadLetter, error: Exception) -> None:
    """Keep the error of a deferred letter, unless too many events in a row have failed: then it stays deferred."""
    with transaction.atomic():
        if not consecutive_failures.are_too_many(letter.consumer):
            consecutive_failures.add(letter.consumer)
            note_failure(letter, error)
