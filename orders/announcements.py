"""What orders have announced so far, made anew from what is stored."""

from collections.abc import Collection
from uuid import UUID

from api.conversion import convert
from messaging.events import Event
from orders.events import OrderConfirmed, OrderPlaced, OrderRejected, Shortage
from orders.models import Order
from orders.selectors import whole_orders
from orders.transitions import Status


def announcements(order_ids: Collection[UUID]) -> list[Event]:
    """The events of these orders, each order's in sequence. Locks the orders: they do not move on meanwhile."""
    orders = list(Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk"))
    confirmed = [order for order in orders if order.status == Status.CONFIRMED]
    rejected = [order for order in orders if order.status == Status.REJECTED]
    return [
        *whole_orders(orders, as_event=OrderPlaced),
        *whole_orders(confirmed, as_event=OrderConfirmed),
        *map(_rejected, rejected),
    ]


def _rejected(order: Order) -> OrderRejected:
    assert order.rejection is not None, "order_rejection_says_why"
    return OrderRejected(
        order_id=order.pk,
        reference=order.reference,
        customer_id=order.customer_id,
        client_id=order.client_id,
        reason=order.rejection["reason"],
        shortages=convert(order.rejection["shortages"], list[Shortage]),
    )
