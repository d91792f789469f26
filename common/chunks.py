"""Reading many rows in chunks, without a cursor or a transaction that stays open between them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet

from common.keyset import beyond

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def chunks_of(
    rows: QuerySet[M], *, falling: Sequence[str] = (), rising: Sequence[str] = (), size: int
) -> Iterator[list[M]]:
    """The rows in descending or ascending order, by queries that each begin after the last row of the chunk before.

    Each chunk is as it was when it was read. Rows that are inserted before a chunk's beginning meanwhile are left out.

    Args:
        falling, rising: one of them: fields that identify a row uniquely, with an index on them.
        size: rows of a chunk.
    """
    ordering = [*(f"-{name}" for name in falling), *rising]
    rest = rows = rows.order_by(*ordering)
    while chunk := list(rest[:size]):
        yield chunk
        if len(chunk) < size:
            return
        last = [getattr(chunk[-1], name) for name in (*falling, *rising)]
        rest = rows.filter(beyond(rows.model, ordering, last, backwards=False))


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
