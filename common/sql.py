"""Executing the statements that the apps' `statements.py` have, with named parameters."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

Rows = list[tuple[Any, ...]]


def execute(sql: str, **parameters: Any) -> Rows:
    """Execute a statement, prepared if the session has often executed it; returns its rows, if it has any.

    Raises:
        PreparedStatementLost: it has to be prepared anew; the same may succeed at once.
    """
    if not settings.DATABASE_PREPARED_STATEMENTS:
        return execute_once(sql, **parameters)
    with connection.cursor() as cursor:
        connection.connection.prepared.execute(cursor, sql, parameters)
        return _rows(cursor)


def execute_once(sql: str, **parameters: Any) -> Rows:
    """Execute a statement that is worth a plan for its own parameters: one over many rows, as commands have."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return _rows(cursor)


def _rows(cursor: CursorWrapper) -> Rows:
    return list(cursor.fetchall()) if cursor.description else []
