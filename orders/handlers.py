"""What the events of the other apps do to orders. Each handler runs in the transaction that claims its events."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from messaging.consuming.event_ids import event_id_of
from messaging.events import Event
from messaging.outbox import recording
from orders import selectors, statements
from orders.causes import Cause, by_event
from orders.events import (
    CreditNoteIssued,
    InvoiceIssued,
    OrderBackordered,
    OrderRejected,
    StockBackordered,
    StockRejected,
    StockReserved,
)
from orders.metrics import count_rejected
from orders.models import Order
from orders.statements import Step
from orders.transitions import Status, allowed


def confirm_orders(events: Sequence[StockReserved]) -> None:
    """Confirm the orders whose stock is reserved. One that has moved on meanwhile stays as it is."""
    confirmed = statements.confirm({event.order_id: _cause(event) for event in events})
    recording.record_all(selectors.confirmed_events(confirmed))


def backorder_orders(events: Sequence[StockBackordered]) -> None:
    """Have orders wait for stock, and keep with them what is short."""
    orders = _lock_those_that_may_become(Status.BACKORDERED, events)
    causes = {event.order_id: event for event in events if event.order_id in orders}
    for order_id, event in causes.items():
        orders[order_id].move_to(Status.BACKORDERED)
        orders[order_id].shortages = msgspec.to_builtins(event.shortages)
    statements.backorder({order_id: orders[order_id].shortages for order_id in causes})
    statements.note(
        [
            Step(order_id, OrderBackordered.TYPE, {"shortages": orders[order_id].shortages}, _cause(event))
            for order_id, event in causes.items()
        ]
    )
    recording.record_all(selectors.backordered_event(orders[order_id]) for order_id in causes)


def reject_orders(events: Sequence[StockRejected]) -> None:
    """Reject the orders that stock can't serve, and keep with them what was short."""
    orders = _lock_those_that_may_become(Status.REJECTED, events)
    causes = {event.order_id: event for event in events if event.order_id in orders}
    for order_id, event in causes.items():
        orders[order_id].move_to(Status.REJECTED)
        orders[order_id].rejection = _rejection(event)
    statements.reject({order_id: orders[order_id].rejection for order_id in causes})
    statements.note(
        [Step(order_id, OrderRejected.TYPE, _rejection(event), _cause(event)) for order_id, event in causes.items()]
    )
    recording.record_all(selectors.rejected_event(orders[order_id]) for order_id in causes)
    count_rejected([event.reason for event in causes.values()])


def record_invoices(events: Sequence[InvoiceIssued]) -> None:
    """Show the invoice on its order and on the order's timeline. One that is shown already stays as it is."""
    statements.show_invoices({event.order_id: (event.number, _cause(event)) for event in events})


def record_credit_notes(events: Sequence[CreditNoteIssued]) -> None:
    """Show credit notes on their orders, and on the timelines of these. One that is shown already stays as it is."""
    orders = Order.objects.lock({event.order_id for event in events})
    steps = []
    for event in events:
        order = orders.get(event.order_id)
        if order and event.number not in order.credit_notes:
            order.credit_notes.append(event.number)
            steps.append(Step(order.pk, CreditNoteIssued.TYPE, {"number": event.number}, _cause(event)))
    statements.set_credit_notes({step.order_id: orders[step.order_id].credit_notes for step in steps})
    statements.note(steps)


def _lock_those_that_may_become(
    status: Status, events: Sequence[StockBackordered] | Sequence[StockRejected]
) -> dict[UUID, Order]:
    orders = Order.objects.lock({event.order_id for event in events})
    return {order_id: order for order_id, order in orders.items() if allowed(Status(order.status), status)}


def _rejection(event: StockRejected) -> dict[str, Any]:
    return {"reason": event.reason, "shortages": msgspec.to_builtins(event.shortages)}


def _cause(event: Event) -> Cause:
    return by_event(event_id_of(event))
