"""Sending the goods of orders, all that is left or a part of it: each time makes a shipment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction

from common.errors import OrderflowError
from messaging.outbox import recording
from orders import statements
from orders.causes import Cause
from orders.events import OrderShipped
from orders.exceptions import OrderNotFulfillable, TooManyShipments, UnknownOrder
from orders.lifecycle.announcements import shipment_events
from orders.lifecycle.quantities import OpenLine, WantedLine, to_ship
from orders.lifecycle.selection import SelectionResult, in_batches
from orders.models import Order, ShipmentLine
from orders.statements import Shipped, Step
from orders.transitions import Status, after_shipping, allowed

MAX_SHIPMENT_LINES = 10_000  # of all shipments of an order; only what is left as a whole may go beyond

Wanted = Sequence[WantedLine] | None
# The units of lines that were credited before they were sent, by order and line number. Invoicing knows it: whoever
# composes the apps hands it in. Called under the locks of the orders, it has nobody credit what is just being sent.
CreditedUnsent = Callable[[Collection[UUID]], Mapping[UUID, Mapping[int, int]]]


def nothing_was_credited(_order_ids: Collection[UUID]) -> Mapping[UUID, Mapping[int, int]]:
    """What is known of credit notes where nobody was asked."""
    return {}


def fulfil_order(
    *,
    order_id: UUID,
    lines: Wanted = None,
    tracking: str = "",
    cause: Cause,
    credited_unsent: CreditedUnsent = nothing_was_credited,
) -> None:
    """Send some units of an order's lines as a shipment, or all that is left and was not credited.

    Raises:
        UnknownOrder: there is none.
        OrderNotFulfillable: it is not confirmed yet, or nothing of it is open any more.
        LinesRefused, QuantityNotOpen: see quantities.to_ship.
        TooManyShipments: see there.
    """
    result = _fulfil([order_id], lines=lines, tracking=tracking, cause=cause, credited_unsent=credited_unsent)
    result.raise_refusal()


def fulfil_orders(
    *,
    order_ids: Collection[UUID],
    tracking: str = "",
    cause: Cause,
    outcome: SelectionResult | None = None,
    credited_unsent: CreditedUnsent = nothing_was_credited,
) -> SelectionResult:
    """Send all that is left of orders and was not credited, each as a shipment; which were, and why others were not.

    Refusals are those of fulfil_order. `outcome` is filled on the way, for when the database fails: see in_batches.
    """
    work = partial(_fulfil, lines=None, tracking=tracking, cause=cause, credited_unsent=credited_unsent)
    return in_batches(order_ids, work, outcome)


@transaction.atomic
def _fulfil(
    order_ids: Collection[UUID], *, lines: Wanted, tracking: str, cause: Cause, credited_unsent: CreditedUnsent
) -> SelectionResult:
    orders = Order.objects.defer("taxes", "rejection").lock(order_ids)
    credited = credited_unsent(orders)
    open_lines = {
        order_id: _less_credited(found, credited.get(order_id, {}))
        for order_id, found in statements.open_lines(orders).items()
    }
    outcome, shipped = SelectionResult(), []
    for order_id in order_ids:
        try:
            shipped.append(_shipped(order_id, orders, open_lines, lines))
        except OrderflowError as refusal:
            outcome.refused[order_id] = refusal
        else:
            outcome.done.append(order_id)
    announced = shipment_events(statements.ship(shipped, tracking))
    recording.record_all(announced)
    statements.note([Step(event.order_id, event.TYPE, _detail(event), cause) for event in announced])
    return outcome


def _less_credited(lines: Mapping[int, OpenLine], credited: Mapping[int, int]) -> Mapping[int, OpenLine]:
    return {
        line_no: msgspec.structs.replace(line, credited=units) if (units := credited.get(line_no, 0)) else line
        for line_no, line in lines.items()
    }


def _shipped(
    order_id: UUID, orders: Mapping[UUID, Order], open_lines: Mapping[UUID, Mapping[int, OpenLine]], wanted: Wanted
) -> Shipped:
    """Raises:
    OrderflowError: see fulfil_order.
    """
    order = orders.get(order_id)
    if order is None:
        raise UnknownOrder(order_id)
    if not allowed(Status(order.status), Status.FULFILLED):
        raise OrderNotFulfillable(order.status)
    lines = open_lines[order_id]
    taken = to_ship(wanted, lines)
    anything_left = any(line.open > taken.get(line_no, 0) for line_no, line in lines.items())
    if anything_left:
        _limit_shipments(order_id, len(taken))
    return Shipped(order_id, after_shipping(anything_left=anything_left), taken)


def _limit_shipments(order_id: UUID, more: int) -> None:
    """Bound the lines of all shipments of an order, which a response and a page of the admin show as a whole."""
    if ShipmentLine.objects.filter(shipment__order=order_id).count() + more > MAX_SHIPMENT_LINES:
        raise TooManyShipments(f"Its shipments have {MAX_SHIPMENT_LINES} lines: send all that is left together.")


def _detail(event: OrderShipped) -> dict[str, object]:
    told: dict[str, object] = {"shipment": event.shipment, "units": sum(line.quantity for line in event.lines)}
    return told | ({"tracking": event.tracking} if event.tracking else {})
