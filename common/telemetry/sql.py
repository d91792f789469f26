"""A span for each SQL statement of what is traced: those of the ORM and our own ones alike, since both run by cursors
of Django, which has a place for that. It has the statement's text, with placeholders, and never its values.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span

MAX_TEXT = 2000  # characters
_MAX_HEAD = 500  # characters, in which a statement's table is found
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE)\s+(?:ONLY\s+)?\"?([a-z_][a-z0-9_.]*)", re.IGNORECASE)
_KEYWORD = re.compile(r"[A-Za-z]+")


_tracer: Tracer | None = None


def trace_statements(tracer: Tracer | None) -> None:
    """Make spans of the statements of all connections from now on; None: no more."""
    global _tracer  # noqa: PLW0603 - connections are global, too
    _tracer = tracer
    connection_created.connect(_add, dispatch_uid=__name__)
    for connection in connections.all(initialized_only=True):
        _add(connection)


def _add(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have a connection's statements go through `_traced`. One that was lost and made anew has it already."""
    if _traced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_traced)


def _traced(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement. What nobody asked for, such as the publisher's look at the outbox, is no trace."""
    if _tracer is None or not get_current_span().is_recording():
        return execute(sql, params, many, context)
    text = sql if isinstance(sql, str) else type(sql).__name__  # what psycopg2.sql composes has values in it
    span = _tracer.start_span(
        _summary(text[:_MAX_HEAD]), kind=SpanKind.CLIENT, attributes=_attributes(text.strip()[:MAX_TEXT])
    )
    try:
        return execute(sql, params, many, context)
    except BaseException as error:
        span.set_status(Status(StatusCode.ERROR))
        span.set_attribute("error.type", _code(error))
        raise
    finally:
        span.end()


def _attributes(text: str) -> dict[str, str]:
    return {"db.system.name": "postgresql", "db.query.text": text}


@lru_cache(maxsize=1000)
def _summary(text: str) -> str:
    """The first keyword and the first table of a statement: a name of which there are few."""
    keyword, table = _KEYWORD.search(text), _TABLE.search(text)
    return " ".join(found for found in (keyword and keyword[0].upper(), table and table[1]) if found) or "SQL"


def _code(error: BaseException) -> str:
    """The SQLSTATE: a message may have values in it."""
    return getattr(error.__cause__ or error, "pgcode", None) or type(error).__name__
