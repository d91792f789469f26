"""Stored orders as the API shows them."""

from collections.abc import Callable, Sequence
from uuid import UUID

from rest_framework.request import Request

from orders.api.schemas import OrderOut, ShippedOrderOut, order_out, shipped_out
from orders.events import OrderSnapshot
from orders.history import shipments_of
from orders.models import Order
from orders.selectors import lines_of, queue_position, whole_orders


def orders_out(request: Request, orders: Sequence[Order]) -> list[OrderOut]:
    lines = lines_of(orders)
    snapshots = whole_orders(orders, lines, as_event=OrderSnapshot)
    url_of = order_urls(request)
    return [
        order_out(order, snapshot, lines[order.pk], url_of(order.pk))
        for order, snapshot in zip(orders, snapshots, strict=True)
    ]


def single_order_out(request: Request, order: Order) -> OrderOut:
    """One order, with all that is too dear to tell of each of a list."""
    lines = lines_of([order])
    (snapshot,) = whole_orders([order], lines, as_event=OrderSnapshot)
    return order_out(order, snapshot, lines[order.pk], order_urls(request)(order.pk), position=queue_position(order))


def shipped_order_out(request: Request, order: Order) -> ShippedOrderOut:
    lines = lines_of([order])
    (snapshot,) = whole_orders([order], lines, as_event=OrderSnapshot)
    return shipped_out(order, snapshot, lines[order.pk], order_urls(request)(order.pk), shipments_of(order))


def order_urls(request: Request) -> Callable[[UUID], str]:
    """A function that returns the URL of an order by its id, on the host that the request names.

    Made once for all of a page: to look up and check the host takes a good part of what an order on it takes.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    return lambda order_id: f"{origin}/orders/{order_id}"
