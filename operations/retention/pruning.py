"""Deleting the rows that are due, a few at a time, beside everything else."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, transaction

from common.database_problems import database_problem
from common.postgres import is_outage, takes_changes
from operations.retention.kinds import Kind
from operations.retention.metrics import DUE, PRUNED
from operations.retention.statements import Row, delete_due, due_rows, note_horizon, now, parts_of

log = structlog.get_logger(__name__)

BATCH = 1000  # rows of a transaction: some tens of milliseconds
COUNTED = 10_000  # due rows that metrics count, and no further


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was done about a kind of rows.

    Attributes:
        rows: that were deleted; in a dry run, that are due.
        before: the time until which rows are due; None: they are kept for ever.
        interrupted: there may be more.
    """

    kind: Kind
    rows: int = 0
    before: datetime | None = None
    interrupted: bool = False


def for_each(kinds: Iterable[Kind], act: Callable[[Kind], None]) -> dict[str, str]:
    """Call `act` with each kind, also with those behind one with which it fails: by the names of such why it did.

    Raises:
        DatabaseError, InterfaceError: there is no server at the moment with which it could succeed.
    """
    problems: dict[str, str] = {}
    for kind in kinds:
        try:
            act(kind)
        except (DatabaseError, InterfaceError) as error:
            if is_outage(error) and not takes_changes():
                raise
            problems[kind.name] = database_problem(error)
    return problems


def prune(
    kind: Kind, stopping: threading.Event, *, batch: int = BATCH, on_batch: Callable[[], None] = lambda: None
) -> Pruned:
    """Delete the rows of a kind that are due, oldest first, until none is left or on `stopping`.

    Each batch is a transaction of its own, and for as long as it took nothing is done after it: whatever else the
    database has to do gets at least half of its time. Rows that are locked are left for the next time, so any number of
    these may run at once. `on_batch` is called before each.
    """
    before = _before(kind)
    if before is None:
        return Pruned(kind)
    note_horizon(kind, before)
    rows = 0
    for part in parts_of(kind, before):
        after: Row | None = None
        while not stopping.is_set():
            on_batch()
            began = time.monotonic()
            with transaction.atomic():
                deleted, after = delete_due(kind, before=before, part=part, after=after, limit=batch)
            rows += deleted
            PRUNED.labels(kind.name).inc(deleted)
            if deleted < batch:
                break
            stopping.wait(time.monotonic() - began)
    log.info("pruned", kind=kind.name, rows=rows, before=before.isoformat())
    return Pruned(kind, rows, before, interrupted=stopping.is_set())


def count_due(kind: Kind) -> Pruned:
    """Count the rows that `prune` would delete."""
    before = _before(kind)
    rows = sum(_counts(kind, before)) if before else 0
    return Pruned(kind, rows, before)


def is_overdue(kind: Kind, *, by: timedelta) -> bool:
    """Whether there is a row that was due so long ago, and is still there."""
    before = _before(kind)
    if before is None:
        return False
    then = before - by
    return any(due_rows(kind, before=then, part=part, after=None, limit=1)[0] for part in parts_of(kind, then))


def line_of(pruned: Pruned, *, dry_run: bool = False) -> str:
    """What was pruned, in a line for a terminal."""
    if pruned.before is None:
        return f"{pruned.kind.title}: kept for ever"
    what = "due" if dry_run else "deleted"
    more = ", and there may be more: it was broken off" if pruned.interrupted else ""
    return f"{pruned.kind.title}: {pruned.rows} {what}, of before {pruned.before:%Y-%m-%dT%H:%M:%SZ}{more}"


def show_due(kind: Kind, *, on_batch: Callable[[], None] = lambda: None) -> None:
    """Have the metrics tell how many rows of a kind are due, up to `COUNTED`. `on_batch` is called after each batch."""
    before, due = _before(kind), 0
    if before:
        for count in _counts(kind, before):
            on_batch()
            due += count
            if due >= COUNTED:
                break
    DUE.labels(kind.name).set(min(due, COUNTED))


def _before(kind: Kind) -> datetime | None:
    return None if kind.keep is None else now() - kind.keep


def _counts(kind: Kind, before: datetime) -> Iterator[int]:
    """The numbers of due rows, batch by batch."""
    for part in parts_of(kind, before):
        count, after = BATCH, None
        while count == BATCH:
            count, after = due_rows(kind, before=before, part=part, after=after, limit=BATCH)
            yield count
