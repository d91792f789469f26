"""Ordering replays of dead letters, letting one go on with its next step, and stopping one."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from django.db import connection, transaction

from messaging import statements
from messaging.consuming.batches import Consumer
from messaging.dead_letters.carrying import finish, next_item, pause_between_turns
from messaging.dead_letters.selection import Choice
from messaging.exceptions import ReplayFinished, ReplayNotWaiting, UnknownReplay
from messaging.models import Replay

log = structlog.get_logger(__name__)

STEP_GROWTH = 10
MOST_PER_SECOND = 10_000
State = Replay.State


@dataclass(frozen=True, kw_only=True)
class ReplayPace:
    """How carefully a replay goes.

    Attributes:
        stepped: it waits for a person after 1 key, then after 10 more, 100 more, and so on.
        per_second: at most so many events a second, up to MOST_PER_SECOND; None: as fast as it can beside live events.
        stop_at_failure: the first new failure ends it.
    """

    stepped: bool = False
    per_second: int | None = None
    stop_at_failure: bool = False


AT_ONCE = ReplayPace()


def order_replays(
    *, choice: Choice, consumers: Mapping[str, Consumer], by: str, pace: ReplayPace = AT_ONCE
) -> list[Replay]:
    """Put replays of the chosen dead letters on record, one for each of their consumers, to be carried out.

    None for a consumer of which nothing is open: so the same order again makes no second one once all is done.

    Raises:
        UnknownDeadLetter: names the ids that do not exist.
    """
    with transaction.atomic():
        ordered = [
            _order(choice, consumers[name], ids, by=by, pace=pace)
            for name, ids in sorted(choice.by_consumer().items())
            if name in consumers
        ]
    return [replay for replay in ordered if replay is not None]


@transaction.atomic
def go_on(*pks: int) -> list[Replay]:
    """Have replays that wait between two steps take the next one, ten times as large as the last: all of them, or none.

    Raises:
        UnknownReplay, ReplayNotWaiting.
    """
    return [_go_on(pk) for pk in sorted(set(pks))]


def stop(*, pk: int, by: str) -> Replay:
    """Have a replay stop before the next key. What it has not come to stays open.

    Raises:
        UnknownReplay, ReplayFinished.
    """
    with transaction.atomic():
        replay = _locked(pk)
        if replay.state not in Replay.UNFINISHED:
            raise ReplayFinished(f"replay {pk} is {replay.state} already")
        replay.stopped_by, replay.state = by, State.RUNNING
        replay.save(update_fields=["stopped_by", "state"])
        item = next_item(replay)
        if item is None:
            finish(replay, State.DONE)
        else:
            pause_between_turns(replay, item)
    log.info("replay_stopped", replay=pk, by=by)
    return replay


def step_after(step_until: int) -> int:
    """The turn after which the next step ends: 1, 11, 111, …"""
    return step_until * STEP_GROWTH + 1


def _go_on(pk: int) -> Replay:
    replay = _locked(pk)
    if replay.state != State.WAITING or replay.step_until is None:
        raise ReplayNotWaiting(f"replay {pk} is {replay.state}")
    replay.step_until = step_after(replay.step_until)
    replay.state = State.RUNNING
    replay.save(update_fields=["step_until", "state"])
    return replay


def _order(choice: Choice, consumer: Consumer, ids: list[int], *, by: str, pace: ReplayPace) -> Replay | None:
    replay = Replay.objects.create(
        consumer=consumer.name,
        chosen=str(choice)[:300],
        by=by,
        per_second=pace.per_second,
        stop_at_failure=pace.stop_at_failure,
        step_until=1 if pace.stepped else None,
    )
    parameters: dict[str, int | str | list[int] | list[str]] = {
        "replay": replay.pk,
        "consumer": consumer.name,
        "ids": ids,
        "known_types": list(consumer.registry().types),
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.ADD_REPLAY_ITEMS, parameters)
        replay.total = cursor.rowcount
    if not replay.total:
        replay.delete()
        return None
    replay.save(update_fields=["total"])
    log.info("replay_ordered", replay=replay.pk, consumer=consumer.name, by=by, dead_letters=replay.total)
    return replay


def _locked(pk: int) -> Replay:
    replay = Replay.objects.select_for_update().filter(pk=pk).first()
    if replay is None:
        raise UnknownReplay(f"there is no replay {pk}")
    return replay
