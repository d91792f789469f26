"""The metrics of invoicing."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from prometheus_client import Histogram

from messaging.events import id_time

# Most take a few tenths of a second; one that waits for stock, or for Kafka, takes hours or days.
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86_400)

_PLACED_TO_INVOICED = Histogram(
    "orderflow_order_placed_to_invoiced_seconds", "From the placing of an order to its invoice", buckets=_BUCKETS
)


def observe_invoiced(order_ids: Collection[UUID], issued_at: datetime) -> None:
    """Observe, once the open transaction is committed, how old orders were when their invoices were issued.

    The id of an order is made when it is placed.
    """

    def observe() -> None:
        for order_id in order_ids:
            _PLACED_TO_INVOICED.observe(max(0.0, (issued_at - id_time(order_id)).total_seconds()))

    if order_ids:
        transaction.on_commit(observe, robust=True)
