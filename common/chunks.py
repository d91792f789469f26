"""Reading many rows a few at a time, without a cursor or a transaction that stays open in between."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.db.models.lookups import LessThan

M = TypeVar("M", bound=Model)


def chunks_of(rows: QuerySet[M], *, falling: Sequence[str], size: int) -> Iterator[list[M]]:
    """The rows, the greatest first, by short queries, each of which begins after the last row of the one before.

    So each chunk is as it was when it was read; what comes to stand before that row meanwhile is not among them.

    Args:
        falling: fields that name a row uniquely, and that an index on them serves.
        size: rows of a chunk.
    """
    rows = rows.order_by(*(f"-{name}" for name in falling))
    rest = rows
    while chunk := list(rest[:size]):
        yield chunk
        if len(chunk) < size:
            return
        rest = rows.filter(LessThan(_row(*map(F, falling)), _row(*_values(chunk[-1], falling))))


def _values(row: Model, names: Sequence[str]) -> Iterator[Value]:
    for name in names:
        field: Any = row._meta.get_field(name)
        yield Value(getattr(row, name), field)


def _row(*expressions: F | Value) -> Func:
    return Func(*expressions, function="ROW", output_field=BooleanField())
