"""Replaying dead letters at a terminal: a command carries its own replays out, and says how far they are."""

import time
from collections.abc import Sequence
from contextlib import suppress

from django.core.management.base import CommandError

from messaging.dead_letters.carrying import ReplayCarrier
from messaging.dead_letters.progress import ReplayProgress
from messaging.dead_letters.replay import ReplayResult
from messaging.dead_letters.replays import stop
from messaging.exceptions import ReplayFinished
from messaging.models import Replay
from operations.cli.progress import ShowProgress
from operations.pipeline import CONSUMERS

_SLICE = 0.5  # seconds between two looks at how far it is
_PAUSE = 0.1  # seconds, where a throttled replay may not go on yet, or another process carries it out


def carry_out(replays: Sequence[Replay], *, by: str, show: ShowProgress) -> str:
    """Carry replays out until each has ended or waits for a person; what came of them.

    Ctrl-C stops them. If the process is killed, the consumers go on with them.

    Raises:
        CommandError: something failed again; or it was interrupted.
    """
    carrier = ReplayCarrier(CONSUMERS)
    try:
        for replay in replays:
            _carry(carrier, replay, replays, show)
    except KeyboardInterrupt:
        for replay in replays:
            with suppress(ReplayFinished):
                stop(pk=replay.pk, by=by)
        raise
    return told(replays)


def told(replays: Sequence[Replay]) -> str:
    """What came of replays.

    Raises:
        CommandError: something failed again.
    """
    done = ReplayProgress.of(replays)
    waiting = [str(replay.pk) for replay in replays if replay.state == Replay.State.WAITING]
    text = f"{done}: go on by `dead_letters go-on {' '.join(waiting)}`" if waiting else str(done)
    if done.failed:
        raise CommandError(f"{text}: see `dead_letters list`")
    return text


def told_of_discarding(outcome: ReplayResult) -> str:
    """What came of discarding.

    Raises:
        CommandError: what waited behind failed.
    """
    if outcome.failed:
        raise CommandError(f"{outcome}: see `dead_letters list`")
    return str(outcome)


def _carry(carrier: ReplayCarrier, replay: Replay, all_of_them: Sequence[Replay], show: ShowProgress) -> None:
    replay.refresh_from_db()
    while replay.state == Replay.State.RUNNING:
        before = replay.left
        carrier.carry(replay.pk, seconds=_SLICE)
        replay.refresh_from_db()
        done = ReplayProgress.of(all_of_them)
        show(done.total - done.left, done.total)
        if replay.left == before and replay.state == Replay.State.RUNNING:
            time.sleep(_PAUSE)
