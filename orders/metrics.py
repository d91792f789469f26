"""The metrics of orders."""

from collections import Counter as CountOf
from collections.abc import Iterable

from django.db import transaction
from prometheus_client import Counter

_REJECTED = Counter("orderflow_orders_rejected", "Orders rejected by the stock, by its reason", ["reason"])


def count_rejected(reasons: Iterable[str]) -> None:
    """Count an order for each reason, once the open transaction is committed: it may be tried several times."""
    counts = CountOf(reasons)

    def count() -> None:
        for reason, number in counts.items():
            _REJECTED.labels(reason).inc(number)

    if counts:
        transaction.on_commit(count, robust=True)
