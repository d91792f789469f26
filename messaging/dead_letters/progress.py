"""How far replays have come, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from common.text import counted, number_of
from messaging.models import Replay

UNCARRIED_FOR = timedelta(seconds=40)  # longer than a lease: nobody carries it out


@dataclass(frozen=True, kw_only=True)
class ReplayProgress:
    """How many dead letters there are, and what came of how many."""

    total: int = 0
    replayed: int = 0
    failed: int = 0
    held: int = 0
    settled: int = 0
    left: int = 0

    @classmethod
    def of(cls, replays: Iterable[Replay]) -> "ReplayProgress":
        """The progress of several replays together."""
        each = list(replays)
        names = ("total", "replayed", "failed", "held", "settled", "left")
        return cls(**{name: sum(getattr(replay, name) for replay in each) for name in names})

    def __str__(self) -> str:
        counts = {
            "replayed": self.replayed,
            "failed again": self.failed,
            "still waiting behind": self.held,
            "not tried yet": self.left,
        }
        return counted(counts) or "nothing was left to be done"


def pace_of(replay: Replay) -> str:
    """How carefully a replay goes."""
    step = f"waits for a person after order {replay.step_until}" if replay.step_until is not None else ""
    speed = f"{number_of(replay.per_second, 'event', 'events')} a second" if replay.per_second else ""
    halt = "stops at the first new failure" if replay.stop_at_failure else ""
    return ", ".join(filter(None, (step, speed, halt))) or "at once"


def where_it_is(replay: Replay) -> str:
    """What a replay does, or how it ended."""
    if replay.state == Replay.State.RUNNING:
        if _is_uncarried(replay):
            return f"Nobody carries it out: is the consumer {replay.consumer} running?"
        return "It stops after the order that it is at." if replay.stopped_by else "It is carried out."
    if replay.state == Replay.State.WAITING:
        return "It waits for a person: look at what was replayed, then let it go on, or stop it."
    if replay.state == Replay.State.STOPPED:
        return f"Stopped by {replay.stopped_by}." if replay.stopped_by else "Stopped at a failure."
    return "Done."


def _is_uncarried(replay: Replay) -> bool:
    last = (
        replay.carried_until
        or replay.items.order_by("-at").filter(at__isnull=False).values_list("at", flat=True).first()
    )
    return timezone.now() - (last or replay.started_at) > UNCARRIED_FOR and not replay.per_second
