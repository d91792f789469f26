"""The metrics of orders: how many are rejected and why, and how group commit goes."""

import time
from collections import Counter as CountOf
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction
from prometheus_client import Counter, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_REJECTED = Counter("orderflow_orders_rejected", "Orders rejected by the stock, by its reason", ["reason"])
for _reason in ("insufficient_stock", "backorder_expired"):
    _REJECTED.labels(_reason)  # at 0: docs/monitoring.md
_ORDERS = Histogram(
    "orderflow_group_commit_orders",
    "Orders that are written in one transaction, with those that turn out to be there already",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)
_DURATION = Histogram("orderflow_group_commit_duration_seconds", "How long a transaction took", buckets=_SECONDS)
_WAIT = Histogram(
    "orderflow_group_commit_wait_seconds", "How long the first orders of a transaction waited for it", buckets=_SECONDS
)


def count_rejected(reasons: Iterable[str]) -> None:
    """Count an order for each reason, once the open transaction is committed: it may be tried several times."""
    counts = CountOf(reasons)

    def count() -> None:
        for reason, number in counts.items():
            _REJECTED.labels(reason).inc(number)

    if counts:
        transaction.on_commit(count, robust=True)


@contextmanager
def group_commit(orders: int, *, first_submitted_at: float) -> Iterator[None]:
    """Around a transaction with so many orders, of which the first were submitted at that monotonic time."""
    began = time.monotonic()
    try:
        yield
    finally:
        _ORDERS.observe(orders)
        _WAIT.observe(began - first_submitted_at)
        _DURATION.observe(time.monotonic() - began)
