"""Reading many rows in chunks, without a cursor or a transaction that stays open between them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.db.models.lookups import LessThan

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def chunks_of(rows: QuerySet[M], *, falling: Sequence[str], size: int) -> Iterator[list[M]]:
    """The rows in descending order, by queries that each begin after the last row of the chunk before.

    Each chunk is as it was when it was read. Rows that are inserted before a chunk's beginning meanwhile are left out.

    Args:
        falling: fields that identify a row uniquely, with an index on them.
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


def by_weight(items: Iterable[T], weight_of: Callable[[T], int], *, limit: int) -> Iterator[list[T]]:
    """The items in their order, as lists whose weights add up to `limit` at most; a heavier item is alone."""
    batch: list[T] = []
    weight = 0
    for item in items:
        if batch and weight + weight_of(item) > limit:
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += weight_of(item)
    if batch:
        yield batch
