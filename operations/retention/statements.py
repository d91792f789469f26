"""The SQL of `prune`, made for each kind of rows."""

from datetime import datetime
from typing import Any

from common.sql import execute_once
from messaging.events import first_id
from operations.retention.kinds import Kind

# Rows that somebody else has locked are left for the next time. What was gone through is not looked at again: until
# vacuum comes, an index still leads to the rows that are gone.
_DELETE = """
    WITH due AS (
        SELECT {order} FROM {table} WHERE ({due}) {further} ORDER BY {order} LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM {table} WHERE ({order}) IN (SELECT {order} FROM due)
    )
    SELECT count(*) OVER (), {order} FROM due ORDER BY {descending} LIMIT 1
"""
_COUNT = """
    WITH due AS (SELECT {order} FROM {table} WHERE ({due}) {further} ORDER BY {order} LIMIT %(limit)s)
    SELECT count(*) OVER (), {order} FROM due ORDER BY {descending} LIMIT 1
"""
# A horizon does not come back, but for one that is ahead of the clock: the clock itself was, when it was noted.
_NOTE = """
    INSERT INTO operations_retentionhorizon AS horizon (kind, pruned_before, pruned_at)
    VALUES (%(kind)s, least(%(before)s, statement_timestamp()), statement_timestamp())
    ON CONFLICT (kind) DO UPDATE SET
        pruned_before = least(greatest(horizon.pruned_before, excluded.pruned_before), excluded.pruned_at),
        pruned_at = excluded.pruned_at
"""

Row = tuple[Any, ...]


def delete_due(kind: Kind, *, before: datetime, part: object, after: Row | None, limit: int) -> tuple[int, Row | None]:
    """Delete the oldest due rows, as `due_rows` finds them: how many, and the last one, None if there was none."""
    return _page(_DELETE, kind, before=before, part=part, after=after, limit=limit)


def due_rows(kind: Kind, *, before: datetime, part: object, after: Row | None, limit: int) -> tuple[int, Row | None]:
    """How many rows are due behind `after`, up to `limit`, and the last of these."""
    return _page(_COUNT, kind, before=before, part=part, after=after, limit=limit)


def parts_of(kind: Kind, before: datetime) -> list[object]:
    return [part for (part,) in execute_once(kind.parts, before=before)]


def now() -> datetime:
    """The time by the clock of the database, by which rows are dated."""
    ((time,),) = execute_once("SELECT statement_timestamp()")
    assert isinstance(time, datetime)
    return time


def note_horizon(kind: Kind, before: datetime) -> None:
    """Have it on record that rows of this kind from before this time may be gone."""
    execute_once(_NOTE, kind=kind.name, before=before)


def _page(
    statement: str, kind: Kind, *, before: datetime, part: object, after: Row | None, limit: int
) -> tuple[int, Row | None]:
    columns = ", ".join(kind.order)
    values = {f"after_{place}": value for place, value in enumerate(after or ())}
    sql = statement.format(
        order=columns,
        descending=", ".join(f"{column} DESC" for column in kind.order),
        table=kind.table,
        due=kind.due,
        further=_behind(kind) if after else "",
    )
    rows = execute_once(sql, before=before, before_id=first_id(before), part=part, limit=limit, **values)
    return (rows[0][0], rows[0][1:]) if rows else (0, None)


def _behind(kind: Kind) -> str:
    """What is true of the rows behind `after`, by the columns that differ between the rows of a part.

    With the part's own column in it, an index would be read from the beginning of the part each time.
    """
    compared = {name: f"%(after_{place})s" for place, name in enumerate(kind.order) if name != kind.part_column}
    return f"AND ({', '.join(compared)}) > ({', '.join(compared.values())})"
