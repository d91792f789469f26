"""Running the checks, each statement in a read-only transaction of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import DataError, connection, transaction

from common.money import exponents
from common.sql import execute_once
from messaging.events import first_id
from operations.audit.check import CLOCK_TOLERANCE, Check, Scope
from operations.audit.evidence import JUDGED_SINCE, KEPT_AT_LEAST, ROLL_OUT, TABLES
from operations.audit.registry import CHECKS, PENDING
from operations.audit.report import Audit, Violation
from operations.audit.scopes import Range, ranges_of
from operations.cli.progress import ShowProgress

EXAMPLES = 20  # violations of a check that are reported; the others are counted
# For a check whose words are NULL, because a row that they were to be taken from is gone, too. In SQL.
NO_DETAIL = "'rows that would say more are gone'"
LONGEST = 1000  # characters of an id or a detail: a row may have megabytes

Snapshot = Callable[[], AbstractContextManager[None]]


@contextmanager
def short_transaction() -> Iterator[None]:
    """A read-only transaction with a snapshot of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL jit = off")  # compiling takes longer than most of these queries
        yield


def audit(
    *,
    waiting_limit: timedelta,
    clock_tolerance: timedelta = CLOCK_TOLERANCE,
    since: datetime | None = None,
    progress: ShowProgress = lambda _done, _total: None,
    snapshot: Snapshot = short_transaction,
) -> Audit:
    """Check every promise over the whole database, without changing anything.

    Each statement has a snapshot of its own, so that no snapshot is held for longer than a statement. Everything that a
    statement compares is in its scope, so changes during the audit are no violations.

    Args:
        waiting_limit: how long something may be in flight before that is a violation.
        clock_tolerance: by how much the clocks of two machines may differ.
        since: since when inbox entries and timelines are kept; None: since the oldest one that is there.
        progress: is called after each statement.
        snapshot: what each statement runs in.
    """
    with snapshot():
        ((now,),) = execute_once("SELECT statement_timestamp()")
        ranges = {scope: ranges_of(scope) for scope in Scope}
    parameters = {"clock_tolerance": clock_tolerance, "since": since, **_parameters(now - waiting_limit)}
    orders = _number(snapshot, "SELECT count(*) FROM orders_order", parameters)
    result = Audit(orders=orders, checks=[c.name for c in CHECKS])
    statements = list(_statements(ranges))
    for done, (check, within) in enumerate(statements, start=1):
        count, examples = _violations(snapshot, check, {**parameters, **within})
        result.add(check.name, count, examples, most=EXAMPLES)
        progress(done, len(statements))
    result.pending |= {name: _number(snapshot, sql, parameters) for name, sql in PENDING.items()}
    for name, sql in JUDGED_SINCE.items():
        with snapshot():
            result.judged_since[name] = _value(sql, parameters)
    return result


def _statements(ranges: Mapping[Scope, list[Range]]) -> Iterator[tuple[Check, Range]]:
    """The statements, range by range, so that the rows of a range are cached after its first check."""
    for scope in Scope:
        for within in ranges[scope]:
            yield from ((check, within) for check in CHECKS if check.scope is scope)


def _parameters(before: datetime) -> dict[str, Any]:
    return {
        "before": before,
        "before_id": first_id(before),  # ids tell when an order was stored; an import's `placed_at` may be earlier
        "kept_at_least": KEPT_AT_LEAST,
        "roll_out": ROLL_OUT,
        "decimals": msgspec.json.encode(exponents()).decode(),
    }


def _violations(snapshot: Snapshot, check: Check, parameters: Mapping[str, Any]) -> tuple[int, list[Violation]]:
    """The number of violations in a range, and the first of them. Data that a check can't read is a violation."""
    sql = f"""
        SELECT count(*) OVER (), left(coalesce(id, ''), {LONGEST}), left(coalesce(detail, {NO_DETAIL}), {LONGEST})
        FROM ({check.sql}) AS broken ORDER BY id LIMIT {EXAMPLES}
    """
    try:
        with snapshot():
            rows = _rows(sql, parameters)
    except DataError as error:
        return 1, [Violation(check.name, _name(parameters), f"can't be judged: {str(error).splitlines()[0]}")]
    return (rows[0][0] if rows else 0), [Violation(check.name, id_, detail) for _, id_, detail in rows]


def _name(parameters: Mapping[str, Any]) -> str:
    first, last = parameters["first"], parameters["last"]
    return "everything" if first is None else f"{first} to {'the last' if last is None else last}"


def _number(snapshot: Snapshot, sql: str, parameters: Mapping[str, Any]) -> int:
    with snapshot():
        return int(_value(sql, parameters))


def _value(sql: str, parameters: Mapping[str, Any]) -> Any:
    ((value,),) = _rows(sql, parameters)
    return value


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that may name the CTEs of all checks."""
    return execute_once(f"WITH {TABLES} {sql}", **parameters)
