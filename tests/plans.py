"""How many rows PostgreSQL reads for queries that were captured: what makes a page slow where a table is long."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection


def most_rows_read(queries: Iterable[dict[str, str]]) -> int:
    """The most that a single step of these queries' plans reads or throws away; statistics should be fresh."""
    plans = (_plan(query["sql"]) for query in queries if query["sql"].startswith(("SELECT", "WITH")))
    return max((rows for plan in plans for rows in _rows(plan)), default=0)


def _plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}", ())
        (((plan,),),) = cursor.fetchall()
    return plan["Plan"]


def _rows(plan: dict[str, Any]) -> Iterator[int]:
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    yield int((plan["Actual Rows"] + sum(plan.get(name, 0) for name in thrown_away)) * plan["Actual Loops"])
    for part in plan.get("Plans", ()):
        yield from _rows(part)
