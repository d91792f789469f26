"""What a client does with an order that it placed, or may see: cancel it, send its goods.

Each is called in the transaction that stores its response.
"""

from rest_framework.request import Request
from rest_framework.response import Response

from api.request_ids import trace_of
from api.views import require_permission
from messaging.tracing import caused_by
from orders.api.rendering import orders_out, shipped_order_out
from orders.api.schemas import CancelIn, FulfilIn
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import CreditedUnsent, fulfil_order
from orders.models import Order


def cancel(request: Request, order: Order, asked: CancelIn) -> Response:
    """Raises:
    PermissionDenied: it is somebody else's, and the user may not cancel those.
    OrderNotCancellable: see there.
    """
    user = request.user
    if order.client_id != user.pk:
        require_permission(request, "orders.cancel_order")
    with caused_by(trace_of(request), order.pk):
        outcome = cancel_orders(order_ids=[order.pk], reason=asked.reason, cause=by_user(user.get_username()))
    outcome.raise_refusal()
    order.refresh_from_db()
    return Response(orders_out(request, [order])[0])


def fulfil(request: Request, order: Order, asked: FulfilIn, credited_unsent: CreditedUnsent) -> Response:
    """Raises:
    OrderflowError: see fulfil_order.
    """
    with caused_by(trace_of(request), order.pk):
        fulfil_order(
            order_id=order.pk,
            lines=asked.wanted(),
            tracking=asked.tracking or "",
            cause=by_user(request.user.get_username()),
            credited_unsent=credited_unsent,
        )
    order.refresh_from_db()
    return Response(shipped_order_out(request, order))
