"""The metrics of group commit: how large its transactions are, how long they take, and how long is waited for them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_ORDERS = Histogram(
    "orderflow_group_commit_orders",
    "Orders that are written in one transaction, with those that turn out to be there already",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)
_DURATION = Histogram("orderflow_group_commit_duration_seconds", "How long a transaction took", buckets=_SECONDS)
_WAIT = Histogram(
    "orderflow_group_commit_wait_seconds", "How long the first orders of a transaction waited for it", buckets=_SECONDS
)


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
