"""Delivering events to invoicing, and reading what it has issued."""

from collections.abc import Iterable
from uuid import UUID

from invoicing.consumers import consumer
from invoicing.events import CancelledLine, OrderCancelled, OrderConfirmed
from invoicing.models import CreditNote, Invoice
from messaging.consuming.batches import BatchHandler
from messaging.events import Event
from messaging.transport.base import Record
from tests.toy_events import as_message


def records(*events: Event) -> list[Record]:
    """Records of events, each with an event id of its own."""
    messages = [as_message(event) for event in events]
    return [Record(m.topic, 0, offset, m.key, m.value, m.headers) for offset, m in enumerate(messages)]


def deliver(*events: Event) -> None:
    """Handle events as one batch."""
    BatchHandler(consumer()).handle(records(*events))


def cancelled(order: OrderConfirmed, quantities: dict[int, int] | None = None, reason: str = "x") -> OrderCancelled:
    """The event of an order that is cancelled, as a whole or by quantities of its lines."""
    if quantities is None:
        quantities = {line.line_no: line.quantity for line in order.lines}
    lines = [CancelledLine(line_no=line_no, quantity=quantity) for line_no, quantity in quantities.items()]
    return OrderCancelled(order_id=order.order_id, reason=reason, lines=lines)


def invoiced() -> set[UUID]:
    return set(Invoice.objects.values_list("order_id", flat=True))


def credited_units(notes: Iterable[CreditNote] | None = None) -> list[dict[int, int]]:
    """The units by line number of each credit note, in the order of their numbers."""
    notes = CreditNote.objects.order_by("sequence") if notes is None else notes
    return [{line["line_no"]: line["quantity"] for line in note.lines} for note in notes]
