"""The statements that a session of PostgreSQL has prepared: those that it has executed a few times.

Reading and planning statements is a quarter of what an order takes PostgreSQL (decision 42), and psycopg2 prepares
none by itself: this is SQL's PREPARE and EXECUTE.
"""

import hashlib
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import DatabaseError, OperationalError
from django.db.backends.utils import CursorWrapper

from common.postgres import sqlstate

# As in psycopg 3: what is executed once is not worth a round trip more.
USES_BEFORE = 5
# Seconds after which a statement is prepared anew. PostgreSQL keeps a plan until it analyzes one of the tables: one
# that was made while a table was small would read all of it until then.
KEPT_FOR = 60.0

# SQLSTATEs: somebody has reset the session, or a migration has changed a column that the statement returns.
_NO_SUCH_STATEMENT, _RESULT_CHANGED = "26000", "0A000"

# A parameter, with the type that it is cast to, if it is; or a percent sign. ARRAY['…'] is of text, and EXECUTE takes
# it for nothing else unless it is cast there, too.
_PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\)s(?P<cast>::\w+(?:\[\])?)?|%)")


class PreparedStatementLost(OperationalError):
    """A statement that was prepared is of no use any more: the same may succeed at once."""


class _Texts(NamedTuple):
    prepare: str
    execute: str  # with parameters by name
    deallocate: str


@dataclass(slots=True)
class _Statement:
    uses: int = 0
    prepared_at: float | None = None  # on the monotonic clock; None as long as it is not prepared

    def is_due(self) -> bool:
        return self.prepared_at is None or time.monotonic() - self.prepared_at > KEPT_FOR


@dataclass(slots=True)
class PreparedStatements:
    """The statements of one session by their texts. It has one thread at a time, as its connection has."""

    _statements: dict[str, _Statement] = field(default_factory=dict)

    def execute(self, cursor: CursorWrapper, sql: str, parameters: Mapping[str, Any]) -> None:
        """Execute a statement with named parameters, prepared if it has often been executed.

        Raises:
            PreparedStatementLost: it was executed as prepared, and has to be prepared anew.
        """
        statement = self._statements.setdefault(sql, _Statement())
        statement.uses += 1
        if statement.uses <= USES_BEFORE:
            cursor.execute(sql, parameters)
            return
        texts = _texts(sql)
        try:
            if statement.is_due():
                _prepare(cursor, statement, texts)
            cursor.execute(texts.execute, parameters)
        except DatabaseError as error:
            code = sqlstate(error)
            if code == _NO_SUCH_STATEMENT:
                self._statements.clear()
            elif code == _RESULT_CHANGED and statement.prepared_at is not None:
                statement.prepared_at = -math.inf
            else:
                raise
            raise PreparedStatementLost(*error.args) from error


def _prepare(cursor: CursorWrapper, statement: _Statement, texts: _Texts) -> None:
    with cursor.db.wrap_database_errors:
        if statement.prepared_at is not None:
            cursor.cursor.execute(texts.deallocate)
            statement.prepared_at = None
        cursor.cursor.execute(texts.prepare)
    statement.prepared_at = time.monotonic()


@lru_cache(maxsize=256)
def _texts(sql: str) -> _Texts:
    numbers: dict[str, int] = {}
    casts: dict[str, str] = {}

    def numbered(placeholder: re.Match[str]) -> str:
        if (name := placeholder["name"]) is None:
            return "%"
        if cast := placeholder["cast"]:
            casts[name] = cast
        return f"${numbers.setdefault(name, len(numbers) + 1)}{cast or ''}"

    body = _PLACEHOLDER.sub(numbered, sql)
    arguments = ", ".join(f"%({name})s{casts.get(name, '')}" for name in numbers)
    name = f"of_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
    return _Texts(
        prepare=f"PREPARE {name} AS {body}",
        execute=f"EXECUTE {name} ({arguments})" if arguments else f"EXECUTE {name}",
        deallocate=f"DEALLOCATE {name}",
    )
