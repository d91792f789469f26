"""Replays of dead letters as people order them: put on record, and carried out to their end."""

from collections.abc import Iterable, Mapping

from messaging.consuming.batches import Consumer
from messaging.dead_letters.carrying import ReplayCarrier
from messaging.dead_letters.progress import ReplayProgress
from messaging.dead_letters.replays import order_replays
from messaging.dead_letters.selection import Choice
from messaging.models import Replay

LONG = 60.0  # seconds that no replay takes


def replay(ids: Iterable[int], consumers: Mapping[str, Consumer]) -> tuple[int, int]:
    """Replay these dead letters, of which there is one at least; how many were replayed, and how many failed again.

    Raises:
        UnknownDeadLetter: names the ids that do not exist.
    """
    chosen = tuple(ids)
    assert chosen, "a choice without ids is of all that are open"
    replays = order_replays(choice=Choice(ids=chosen), consumers=consumers, by="ann")
    carrier = ReplayCarrier(consumers)
    for each in replays:
        carrier.carry(each.pk, seconds=LONG)
        each.refresh_from_db()
        assert each.state == Replay.State.DONE
    done = ReplayProgress.of(replays)
    return done.replayed, done.failed
