"""Working on a selection of orders: a bounded batch at a time, each a transaction with its orders locked by id."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from common.errors import OrderflowError
from orders.models import Order

ORDERS_AT_ONCE = 50  # of a transaction: an order may have 2,000 lines


@dataclass
class Outcome:
    """What became of each order of a selection: done, or why not."""

    done: list[UUID] = field(default_factory=list)
    refused: dict[UUID, OrderflowError] = field(default_factory=dict)

    def raise_refusal(self) -> None:
        """Raises:
        OrderflowError: why an order was refused, if one was.
        """
        for error in self.refused.values():
            raise error


def in_batches(order_ids: Collection[UUID], work: Callable[[Collection[UUID]], Outcome]) -> Outcome:
    """What `work` does to all of these orders. What is done stays done if it fails on a later batch."""
    total = Outcome()
    for batch in _batches(sorted(set(order_ids))):
        outcome = work(batch)
        total.done += outcome.done
        total.refused |= outcome.refused
    return total


def lock(order_ids: Collection[UUID]) -> Mapping[UUID, Order]:
    """The orders that there are, by id and locked in the order of their ids until the transaction ends."""
    orders = Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk")
    return {order.pk: order for order in orders.defer("taxes", "rejection")}


def _batches(order_ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(order_ids)
    while batch := list(islice(rest, ORDERS_AT_ONCE)):
        yield batch
