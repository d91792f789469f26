"""A dry run of a replay: dead letters are handled, and everything is rolled back."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from common.text import counted
from messaging.consuming import dead_letters
from messaging.consuming.batches import Consumer
from messaging.dead_letters.replay import DeadLetterService, Sequence
from messaging.dead_letters.selection import Choice
from messaging.models import DeadLetter
from messaging.retry import is_transient


@dataclass
class Rehearsal:
    """What a replay would do, each key by itself: two that ask for the last unit would both get it here.

    Attributes:
        keys: how many keys there are; `tried`: how many of them were tried.
        causes: how many would fail again, by the type of their error.
    """

    keys: int = 0
    tried: int = 0
    replayed: int = 0
    held: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.causes.total()

    def __str__(self) -> str:
        failures = ", ".join(f"{count} × {cause}" for cause, count in self.causes.most_common(5))
        counts = {"would be replayed": self.replayed, "would fail again": self.failed, "would wait on": self.held}
        text = counted(counts) or "nothing is to be done"
        text += f" ({failures})" if failures else ""
        return text if self.tried == self.keys else f"of {self.keys} orders, the first {self.tried}: {text}"


def rehearse(
    *,
    choice: Choice,
    consumers: Mapping[str, Consumer],
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Rehearsal:
    """Try the chosen dead letters, key by key, for up to so many seconds; nothing of it stays.

    Raises:
        UnknownDeadLetter: names the ids that do not exist.
    """
    until = None if seconds is None else clock() + seconds
    service = DeadLetterService(consumers, by="")
    ids = [pk for name, each in choice.by_consumer().items() if name in consumers for pk in each]
    letters = DeadLetter.objects.filter(pk__in=ids).only("consumer", "key").order_by("pk")
    sequences = list(dict.fromkeys(map(Sequence.of, letters)))
    rehearsal = Rehearsal(keys=len(sequences))
    for sequence in sequences:
        if until is not None and clock() > until:
            break
        _try(service, sequence, rehearsal)
        rehearsal.tried += 1
    return rehearsal


@transaction.atomic
def _try(service: DeadLetterService, sequence: Sequence, rehearsal: Rehearsal) -> None:
    dead_letters.lock_sequence(sequence.consumer, sequence.key)
    letters = list(service.open_of(sequence))
    for done, letter in enumerate(letters):
        try:
            with transaction.atomic():
                service.rehearse(letter)
        except Exception as error:  # whatever a handler raises
            if is_transient(error):
                raise
            rehearsal.causes[type(error).__name__] += 1
            rehearsal.held += len(letters) - done - 1
            break
        rehearsal.replayed += 1
    transaction.set_rollback(True)
