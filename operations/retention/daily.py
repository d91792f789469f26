"""Deleting once a day, in a process that does nothing else."""

import threading
import time
from collections.abc import Callable, Iterable

import structlog
from django.db import DatabaseError, InterfaceError, connection

from common.database_problems import database_problem
from messaging.heartbeat import Liveness
from operations.retention.kinds import KINDS, Kind
from operations.retention.metrics import LAST_SUCCESS, PRUNED
from operations.retention.pruning import Pruned, for_each, prune, show_due
from operations.retention.topics import why_not

log = structlog.get_logger(__name__)

DAY = 24 * 3600.0  # seconds
AGAIN_AFTER = 600.0  # seconds, where not everything could be done
_SHOW_EVERY = 5.0  # seconds
_COUNT_EVERY = 3600.0  # seconds

WhyNot = Callable[[Kind], str | None]


def prune_all(
    kinds: Iterable[Kind],
    stopping: threading.Event,
    *,
    why_not: WhyNot = why_not,
    on_batch: Callable[[], None] = lambda: None,
) -> tuple[list[Pruned], dict[str, str]]:
    """Prune one kind after the other: what was done, and by the name of a kind why it was not.

    `on_batch` is called before each kind and each of its batches.

    Raises:
        DatabaseError, InterfaceError: there is no server at the moment that takes changes.
    """
    done: list[Pruned] = []
    held_back: dict[str, str] = {}

    def act(kind: Kind) -> None:
        on_batch()
        if problem := why_not(kind):
            held_back[kind.name] = problem
        elif not stopping.is_set():
            done.append(prune(kind, stopping, on_batch=on_batch))

    failed = for_each(kinds, act)
    return done, held_back | failed


def run_daily(stopping: threading.Event) -> None:
    """Prune at once and every day, until `stopping`; after ten minutes again where something was in the way."""
    for kind in KINDS:
        PRUNED.labels(kind.name)  # at 0: docs/monitoring.md
    with Liveness() as liveness:
        while not stopping.is_set():
            is_done = _prune_everything(stopping, liveness)
            _wait(DAY if is_done else AGAIN_AFTER, stopping, liveness)


def _prune_everything(stopping: threading.Event, liveness: Liveness) -> bool:
    try:
        _done, problems = prune_all(KINDS, stopping, on_batch=liveness.report)
    except (DatabaseError, InterfaceError) as error:
        log.warning("prune_waits", reason=database_problem(error))
        return False
    finally:
        connection.close()
    for name, problem in problems.items():
        log.warning("not_pruned", kind=name, reason=problem)
    if not problems and not stopping.is_set():
        LAST_SUCCESS.set_to_current_time()
    return not problems


def _wait(seconds: float, stopping: threading.Event, liveness: Liveness) -> None:
    until = time.monotonic() + seconds
    count_at = time.monotonic()
    while time.monotonic() < until:
        if time.monotonic() >= count_at:
            count_at = time.monotonic() + _COUNT_EVERY
            count_due(liveness)
        liveness.report()
        if stopping.wait(_SHOW_EVERY):
            return


def count_due(liveness: Liveness) -> None:
    """Count the rows of each kind that are due, for the metrics; what can't be counted is a line in the log."""
    try:
        problems = for_each(KINDS, lambda kind: show_due(kind, on_batch=liveness.report))
    except (DatabaseError, InterfaceError) as error:
        log.warning("due_rows_not_counted", reason=database_problem(error))
        return
    finally:
        connection.close()
    for name, problem in problems.items():
        log.warning("due_rows_not_counted", kind=name, reason=problem)
