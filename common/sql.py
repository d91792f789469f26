"""Executing the statements that the apps' `statements.py` have."""

from typing import Any

from django.db import connection


def execute(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Execute a statement with named parameters; returns its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []
