"""Working on a selection of orders: a bounded batch at a time, each a transaction with its orders locked by id."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from common.errors import OrderflowError

ORDERS_AT_ONCE = 50  # of a transaction: an order may have 2,000 lines


@dataclass
class SelectionResult:
    """What became of each order of a selection: done, or why not."""

    done: list[UUID] = field(default_factory=list)
    refused: dict[UUID, OrderflowError] = field(default_factory=dict)

    def raise_refusal(self) -> None:
        """Raises:
        OrderflowError: why an order was refused, if one was.
        """
        for error in self.refused.values():
            raise error


def in_batches(
    order_ids: Collection[UUID],
    work: Callable[[Collection[UUID]], SelectionResult],
    total: SelectionResult | None = None,
) -> SelectionResult:
    """What `work` does to all of these orders.

    What is done stays done if it fails on a later batch: `total`, which is returned, is filled batch by batch.
    """
    total = SelectionResult() if total is None else total
    for batch in _batches(sorted(set(order_ids))):
        outcome = work(batch)
        total.done += outcome.done
        total.refused |= outcome.refused
    return total


def _batches(order_ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(order_ids)
    while batch := list(islice(rest, ORDERS_AT_ONCE)):
        yield batch
