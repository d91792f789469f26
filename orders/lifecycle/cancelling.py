"""Cancelling what is open of orders."""

from collections.abc import Collection, Mapping
from functools import partial
from uuid import UUID

from django.db import transaction

from common.errors import OrderflowError
from messaging.outbox import recording
from orders import statements
from orders.causes import Cause
from orders.events import OrderCancelled
from orders.exceptions import OrderNotCancellable, UnknownOrder
from orders.lifecycle.announcements import recorded_cancellations
from orders.lifecycle.selection import SelectionResult, in_batches
from orders.models import Order
from orders.statements import Step
from orders.transitions import Status, after_cancelling, allowed


def cancel_orders(
    *, order_ids: Collection[UUID], reason: str, cause: Cause, outcome: SelectionResult | None = None
) -> SelectionResult:
    """Cancel orders, or of one that was partly sent the rest; which were, and why others were not.

    `reason` is a text of 1 to 200 characters. An order that is at its end, or that there is not, is refused by itself:
    OrderNotCancellable, UnknownOrder. `outcome` is filled on the way, for when the database fails: see in_batches.
    """
    return in_batches(order_ids, partial(_cancel, reason=reason, cause=cause), outcome)


@transaction.atomic
def _cancel(order_ids: Collection[UUID], *, reason: str, cause: Cause) -> SelectionResult:
    orders = Order.objects.defer("taxes", "rejection").lock(order_ids)
    refused = {order_id: refusal for order_id in order_ids if (refusal := _refusal(orders, order_id))}
    steps = {each: after_cancelling(Status(order.status)) for each, order in orders.items() if each not in refused}
    statements.cancel(steps, reason)
    announced = recorded_cancellations(steps)
    recording.record_all(announced.values())
    statements.note([Step(each, event.TYPE, _detail(event), cause) for each, event in announced.items()])
    return SelectionResult(list(steps), refused)


def _refusal(orders: Mapping[UUID, Order], order_id: UUID) -> OrderflowError | None:
    order = orders.get(order_id)
    if order is None:
        return UnknownOrder(order_id)
    status = Status(order.status)
    return None if allowed(status, after_cancelling(status)) else OrderNotCancellable(status)


def _detail(event: OrderCancelled) -> dict[str, object]:
    return {"reason": event.reason, "units": sum(line.quantity for line in event.lines)}
