"""The journey of an order in words, a line each, for a terminal."""

from collections.abc import Iterator
from datetime import datetime

from backoffice.formatting import money
from common.text import number_of
from common.timestamps import utc_text
from common.traceparents import is_sampled, trace_id_of
from invoicing.models import CreditNote, Invoice
from messaging.models import DeadLetter
from operations.journey.events import JourneyEvent, events_of, trace_of_letter
from operations.models import RetentionHorizon
from orders.admin_next_step import what_next
from orders.causes import Cause
from orders.history import shipments_of, timeline_of
from orders.models import Order
from orders.selectors import queue_position

_BY = {Cause.Kind.USER: "by", Cause.Kind.COMMAND: "by the command", Cause.Kind.EVENT: "by event"}


def journey(order: Order) -> str:
    """All that is known of an order, without what is personal but for the customer's id."""
    events = events_of(order)
    sections = {
        "": _head(order, events),
        "What happened": _timeline(order),
        "Events": _events(events),
        "Dead letters": _dead_letters(order),
        "Invoice and credit notes": _documents(order),
        "Shipments": _shipments(order),
    }
    parts = []
    for title, found in sections.items():
        if lines := list(found):
            parts.append("\n".join([title, *(f"  {line}" for line in lines)] if title else lines))
    return "\n\n".join(parts)


def summary(order: Order) -> str:
    return f"{order.pk}  {_time(order.placed_at)}  {order.status:<16}  {order.customer_id}"


def waits_for(order: Order, events: list[JourneyEvent]) -> str:
    """What an order waits for: the first event that is stuck or under way, or else the next step of a person."""
    for event in events:
        for consumer in event.pending:
            return whereabouts(event, consumer)
    position = queue_position(order)
    return what_next(order) + (f"; number {position} of those who wait" if position else "")


def _head(order: Order, events: list[JourneyEvent]) -> Iterator[str]:
    yield f"Order {order.pk}" + (f", reference {order.reference}" if order.reference else "")
    yield f"{order.status}: {waits_for(order, events)}"
    yield f"customer {order.customer_id}, placed {_time(order.placed_at)}, {money(order.total, order.currency)}"
    if order.correlation_id:
        yield f"request id {order.correlation_id}"
    if order.traceparent:
        yield f"trace id {trace_id_of(order.traceparent)}" + (
            "" if is_sampled(order.traceparent) else " (not recorded)"
        )


def _timeline(order: Order) -> Iterator[str]:
    before: datetime | None = None
    for item in timeline_of(order):
        said = f" {_BY[Cause.Kind(item.cause.kind)]} {item.cause.id}" if item.cause else ""
        detail = ", ".join(f"{name} {value}" for name, value in item.detail.items() if value not in ("", None))
        yield f"{_time(item.at)} {delay(before, item.at):>10}  {item.event}{': ' + detail if detail else ''}{said}"
        before = item.at
    horizon = RetentionHorizon.objects.filter(kind="timelines", pruned_before__gt=order.placed_at).first()
    if horizon:
        yield f"what was before {_time(horizon.pruned_before)} may have been pruned"


def _events(events: list[JourneyEvent]) -> Iterator[str]:
    for event in events:
        about = f" {event.about}" if event.about else ""
        if not event.handled:
            state = f"waits in the outbox since {_time(event.waits_since)}" if event.waits_since else "published"
            yield f"{_time(event.recorded_at)}  {event.type}{about}: {state}; no consumer has to act on it"
        for consumer, at in event.handled.items():
            said = f"handled by {consumer} {delay(event.recorded_at, at)}" if at else whereabouts(event, consumer)
            yield f"{_time(event.recorded_at)}  {event.type}{about}: {said}"


def whereabouts(event: JourneyEvent, consumer: str) -> str:
    """Where an event is that a consumer has yet to handle."""
    if letter := event.blocking_letter(consumer):
        return f"{consumer} has it as dead letter {letter.pk} ({letter.state}): manage.py dead_letters show {letter.pk}"
    if event.parked:
        return f"{event.type} is parked in the outbox, Kafka refused it: {event.parked[:200]}"
    if event.waits_since:
        return f"{event.type} waits in the outbox since {_time(event.waits_since)}: is Kafka well? manage.py doctor"
    return (
        f"{event.type} is published, and {consumer} has not handled it: is it running? manage.py doctor. If it is, and "
        "no records wait, Kafka has lost the event: manage.py republish_events"
    )


def _dead_letters(order: Order) -> Iterator[str]:
    for letter in DeadLetter.objects.filter(key=str(order.pk)).order_by("pk").defer("body", "traceback"):
        resolved = f", by {letter.resolved_by} at {_time(letter.resolved_at)}" if letter.resolved_at else ""
        why = letter.reason or letter.error.partition("\n")[0][:120]
        trace_id = trace_id_of(trace_of_letter(letter).traceparent)
        trace = f"; trace id {trace_id}" if trace_id else ""
        yield f"{letter.pk} {letter.event_type} for {letter.consumer}: {letter.state}{resolved}: {why}{trace}"


def _documents(order: Order) -> Iterator[str]:
    for invoice in Invoice.objects.filter(order_id=order.pk).only("number", "issued_at", "total", "currency"):
        yield f"{invoice.number} of {_time(invoice.issued_at)}: {money(invoice.total, invoice.currency)}"
    for note in CreditNote.objects.filter(order_id=order.pk).order_by("issued_at"):
        by = f", by {note.actor}" if note.actor else ""
        yield f"{note.number} of {_time(note.issued_at)}: {money(note.total, note.currency)} back{by}"


def _shipments(order: Order) -> Iterator[str]:
    for shipment in shipments_of(order):
        units = number_of(sum(line.quantity for line in shipment.lines), "unit", "units")
        tracking = f", tracking {shipment.tracking}" if shipment.tracking else ""
        yield f"{shipment.number} of {_time(shipment.shipped_at)}: {units}{tracking}"


def _time(at: datetime | None) -> str:
    return utc_text(at, timespec="milliseconds") + "Z" if at else "-"


def delay(before: datetime | None, at: datetime) -> str:
    """How long after: clocks of two machines may make it a little less than nothing."""
    return f"+{max(0.0, (at - before).total_seconds()):.3f} s" if before else ""
