"""Which dead letters a person chooses: some by their ids, all of a cause, or all."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import CharField, Count, F, Func, Min, QuerySet, Value

from messaging.dead_letters.replay import letters_of
from messaging.models import DeadLetter

# The type of an error, as its text begins.
CAUSE = Func(F("error"), Value(":"), Value(1), function="split_part", output_field=CharField())
_IDS_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Dead letters that are to be replayed. Without ids: all that are open, or those with `cause` among them.

    Attributes:
        consumer: of this one only; "": of all.
        cause: the type of the error that they failed with, such as "KeyError".
    """

    ids: Collection[int] = ()
    consumer: str = ""
    cause: str = ""

    def __str__(self) -> str:
        if self.ids:
            first = ", ".join(map(str, sorted(self.ids)[:_IDS_NAMED]))
            more = len(self.ids) - _IDS_NAMED
            return f"{'dead letter' if len(self.ids) == 1 else 'dead letters'} {first}" + (
                f" and {more} more" if more > 0 else ""
            )
        return f"all that failed with {self.cause}" if self.cause else "all"

    def by_consumer(self) -> Mapping[str, list[int]]:
        """The ids of the chosen dead letters, oldest first, by their consumers.

        Raises:
            UnknownDeadLetter: names the ids that do not exist.
        """
        ids: dict[str, list[int]] = defaultdict(list)
        for letter in letters_of(self.ids) if self.ids else self._open().order_by("pk").only("consumer", "state"):
            if letter.state in DeadLetter.UNRESOLVED:
                ids[letter.consumer].append(letter.pk)
        return ids

    def _open(self) -> QuerySet[DeadLetter]:
        letters = DeadLetter.objects.filter(state__in=DeadLetter.OPEN)
        if self.consumer:
            letters = letters.filter(consumer=self.consumer)
        if self.cause:
            letters = letters.annotate(failed_with=CAUSE).filter(failed_with=self.cause, state=DeadLetter.State.FAILED)
        return letters


@dataclass(frozen=True, slots=True)
class Cause:
    """How many dead letters of a consumer have failed with errors of a type, and the id of the first of them."""

    consumer: str
    name: str
    count: int
    first: int


def names_of_causes(*, limit: int) -> Sequence[str]:
    """The names of the causes of those that have failed, in alphabetical order, without counting."""
    failed = DeadLetter.objects.filter(state=DeadLetter.State.FAILED).annotate(cause=CAUSE)
    return list(failed.order_by("cause").values_list("cause", flat=True).distinct()[:limit])


def causes(*, limit: int) -> Sequence[Cause]:
    """The causes of those that have failed, the most frequent first."""
    failed = DeadLetter.objects.filter(state=DeadLetter.State.FAILED).annotate(cause=CAUSE).order_by()
    grouped = failed.values("consumer", "cause").annotate(count=Count("pk"), first=Min("pk"))
    found = grouped.order_by("-count", "consumer", "cause").values_list("consumer", "cause", "count", "first")
    return [Cause(*each) for each in found[:limit]]
