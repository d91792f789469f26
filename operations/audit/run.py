"""Running the checks over one moment of the database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from operations.audit.check import Check
from operations.audit.registry import CHECKS, PENDING
from operations.audit.report import Audit, Violation

EXAMPLES = 20  # violations of a check that are named; the others are counted

# Whose events wait to be delivered, wait for a person, or were discarded by one. A replayed event must show its effect.
_ON_ITS_WAY = """
    WITH on_its_way AS (
        SELECT key FROM messaging_outboxmessage
        UNION ALL SELECT key FROM messaging_deadletter WHERE state <> 'replayed'
    )
"""

Progress = Callable[[int, int], None]  # checks done, checks in all


def audit(*, waiting_limit: timedelta, progress: Progress = lambda _done, _total: None) -> Audit:
    """Check every promise over one moment of the whole database, changing nothing.

    Args:
        waiting_limit: how long something may be under way before that is a broken promise.
    """
    with _one_moment():
        return examine(waiting_limit=waiting_limit, progress=progress)


def examine(*, waiting_limit: timedelta, progress: Progress = lambda _done, _total: None) -> Audit:
    """`audit` in the caller's transaction, with what that sees."""
    before = _value("SELECT clock_timestamp()") - waiting_limit
    limits = {"before": before, "before_id": _first_id(before)}
    result = Audit(orders=_number("SELECT count(*) FROM orders_order"))
    for done, check in enumerate(CHECKS, start=1):
        count, examples = _violations(check, limits)
        result.add(check.name, count, examples)
        progress(done, len(CHECKS))
    result.pending |= {name: _number(sql) for name, sql in PENDING.items()}
    return result


@contextmanager
def _one_moment() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL jit = off")  # compiling takes longer than most of these queries
        yield


def _violations(check: Check, limits: Mapping[str, datetime | UUID]) -> tuple[int, list[Violation]]:
    """How many there are, and the first of them."""
    sql = f"{_ON_ITS_WAY} SELECT count(*) OVER (), id, detail FROM ({check.sql}) AS broken ORDER BY id LIMIT {EXAMPLES}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, limits)
        rows = cursor.fetchall()
    return (rows[0][0] if rows else 0), [Violation(check.name, id_, detail) for _, id_, detail in rows]


def _first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids tell when an order was stored, `placed_at` when it was placed."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _number(sql: str) -> int:
    return int(_value(sql))


def _value(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (value,) = cursor.fetchone()
        return value
