"""The events of an order, made of what is stored about it: when each was recorded, and when each consumer handled it.

Outbox messages are deleted when Kafka has them, and inbox entries have no index by their order, which each event would
pay for. But each event was recorded by the transaction that made it true, and handled by the one that shows its effect;
the ids of those that orders handled are causes of its timeline. So all is found by indexes on the order's id.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.sql import execute_once
from inventory.events import StockBackordered, StockRejected, StockReserved
from inventory.models import Kind, ReservationDecision, StockMovement
from invoicing.events import CreditNoteIssued, InvoiceIssued
from invoicing.models import CancelledOrder, CreditNote, Invoice
from messaging.events import Trace, id_time, trace_of_headers
from messaging.models import DeadLetter, OutboxMessage
from orders.causes import Cause
from orders.events import (
    OrderBackordered,
    OrderCancelled,
    OrderConfirmed,
    OrderFulfilled,
    OrderPartlyFulfilled,
    OrderPlaced,
    OrderRejected,
)
from orders.models import Order, Shipment, TimelineEntry
from orders.transitions import Status

# By the event of an entry of the timeline, the event that caused it.
_CAUSES = {
    OrderConfirmed.TYPE: StockReserved.TYPE,
    OrderBackordered.TYPE: StockBackordered.TYPE,
    OrderRejected.TYPE: StockRejected.TYPE,
    InvoiceIssued.TYPE: InvoiceIssued.TYPE,
    CreditNoteIssued.TYPE: CreditNoteIssued.TYPE,
}
# The event that tells of a decision.
_DECISIONS = {
    ReservationDecision.Outcome.RESERVED: StockReserved.TYPE,
    ReservationDecision.Outcome.BACKORDERED: StockBackordered.TYPE,
    ReservationDecision.Outcome.REJECTED: StockRejected.TYPE,
}


@dataclass
class JourneyEvent:
    """An event of an order.

    Attributes:
        type: of the event.
        recorded_at: by the transaction that made it true.
        about: the number of the document or shipment that it is about.
        handled: when each consumer that has to act on it has handled it; None: it has not. Without those that have
            nothing to do for it, or did it at a time that nobody knows any more.
        waits_since: if it has not left the outbox yet: since when it is there.
        parked: why Kafka refuses it, if it does.
        letters: its dead letters, by consumer.
        trace: of the request that it came by, where that is known: of the first event, and of those that are stuck.
    """

    type: str
    recorded_at: datetime
    about: str = ""
    handled: dict[str, datetime | None] = field(default_factory=dict)
    waits_since: datetime | None = None
    parked: str = ""
    letters: dict[str, DeadLetter] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def blocking_letter(self, consumer: str) -> DeadLetter | None:
        """The dead letter, open or discarded, that is why a consumer has not handled it."""
        letter = self.letters.get(consumer)
        return None if letter is None or letter.state == DeadLetter.State.REPLAYED else letter

    @property
    def pending(self) -> list[str]:
        """The consumers that have yet to handle it."""
        return [consumer for consumer, at in self.handled.items() if at is None and not self._is_discarded(consumer)]

    def _is_discarded(self, consumer: str) -> bool:
        letter = self.letters.get(consumer)
        return letter is not None and letter.state == DeadLetter.State.DISCARDED


def events_of(order: Order) -> list[JourneyEvent]:
    """The events of an order, oldest first, with where each of them is."""
    events = sorted(_made_of(order), key=lambda event: event.recorded_at)
    _note_outbox(order, events)
    _note_dead_letters(order, events)
    return events


def _made_of(order: Order) -> Iterator[JourneyEvent]:
    entries = list(order.timeline.all())
    decision = ReservationDecision.objects.filter(pk=order.pk).first()
    moved = _movements(order)
    # An order that has waited was decided on twice: the decision tells when at first.
    yield JourneyEvent(
        OrderPlaced.TYPE,
        id_time(order.pk),
        handled={"inventory": decision.at if decision else None},
        trace=Trace(order.correlation_id, order.traceparent),
    )
    yield from _reservation_events(order, entries, decision)
    yield from _decisions(order, entries)
    yield from _documents(order, entries, moved)
    yield from _departures(order, moved, decision)


def _reservation_events(
    order: Order, entries: Iterable[TimelineEntry], decision: ReservationDecision | None
) -> Iterator[JourneyEvent]:
    """The events of the decision on stock, which orders handles by an entry of the timeline.

    An order that was cancelled meanwhile takes no notice of them.
    """
    told = set()
    for entry in entries:
        cause = _CAUSES.get(entry.event)
        if cause in _DECISIONS.values() and cause is not None:
            told.add(cause)
            yield JourneyEvent(cause, _recorded(entry), handled={"orders": entry.at})
    decided = _DECISIONS.get(ReservationDecision.Outcome(decision.outcome)) if decision else None
    if decision and decided and decided not in told:
        waits = order.status in (Status.PLACED, Status.BACKORDERED)
        yield JourneyEvent(decided, decision.at, handled={"orders": None} if waits else {})


def _decisions(order: Order, entries: Iterable[TimelineEntry]) -> Iterator[JourneyEvent]:
    """What orders announces of its decision; a confirmation is for invoicing."""
    invoiced_at = Invoice.objects.filter(order_id=order.pk).values_list("issued_at", flat=True).first()
    for entry in entries:
        if entry.event == OrderConfirmed.TYPE:
            yield JourneyEvent(entry.event, entry.at, handled=_unless_cancelled(order, invoiced_at))
        elif entry.event in (OrderBackordered.TYPE, OrderRejected.TYPE):
            yield JourneyEvent(entry.event, entry.at)


def _unless_cancelled(order: Order, invoiced_at: datetime | None) -> dict[str, datetime | None]:
    """When invoicing handled a confirmation: unknown for an order that was cancelled before it was billed."""
    return {} if invoiced_at is None and order.cancelled_at else {"invoicing": invoiced_at}


def _documents(
    order: Order, entries: Iterable[TimelineEntry], moved: Mapping[tuple[str, str], datetime]
) -> Iterator[JourneyEvent]:
    shown = {entry.detail.get("number", ""): entry.at for entry in entries if entry.event in _DOCUMENTS}
    for number, at in Invoice.objects.filter(order_id=order.pk).values_list("number", "issued_at"):
        yield JourneyEvent(InvoiceIssued.TYPE, at, number, _shown(order, number, shown))
    notes = CreditNote.objects.filter(order_id=order.pk).values_list("number", "issued_at", "restock")
    for number, at, restock in notes:
        back = {"inventory": moved.get((Kind.RETURN, number))} if restock else {}
        yield JourneyEvent(CreditNoteIssued.TYPE, at, number, _shown(order, number, shown) | back)


_DOCUMENTS = (InvoiceIssued.TYPE, CreditNoteIssued.TYPE)


def _shown(order: Order, number: str, shown: Mapping[str, datetime]) -> dict[str, datetime | None]:
    """When orders showed a document. The order itself knows that it did, also where its timeline was pruned."""
    if number in shown or number not in (order.invoice_number, *order.credit_notes):
        return {"orders": shown.get(number)}
    return {}


def _departures(
    order: Order, moved: Mapping[tuple[str, str], datetime], decision: ReservationDecision | None
) -> Iterator[JourneyEvent]:
    for shipment in Shipment.objects.filter(order=order).order_by("pk"):
        kind = OrderFulfilled.TYPE if shipment.completes_order else OrderPartlyFulfilled.TYPE
        issued = moved.get((Kind.ISSUE, shipment.number))
        yield JourneyEvent(kind, shipment.shipped_at, shipment.number, {"inventory": issued})
    if order.cancelled_at:
        heard = CancelledOrder.objects.filter(pk=order.pk).values_list("at", flat=True).first()
        yield JourneyEvent(
            OrderCancelled.TYPE, order.cancelled_at, handled=_released(moved, decision) | {"invoicing": heard}
        )


def _released(
    moved: Mapping[tuple[str, str], datetime], decision: ReservationDecision | None
) -> dict[str, datetime | None]:
    """When inventory let go of what a cancelled order held or waited for. Of one that it had rejected, that is nothing.

    The decision on an order that waited tells when it was made at first; on one that did not, when it was cancelled.
    """
    outcome = decision.outcome if decision else None
    if outcome == ReservationDecision.Outcome.REJECTED:
        return {}
    at = moved.get((Kind.RELEASE, "")) or moved.get((Kind.BACKORDER, ""))
    if at is None and decision and outcome == ReservationDecision.Outcome.CANCELLED:
        at = decision.at
    return {"inventory": at}


def _movements(order: Order) -> dict[tuple[str, str], datetime]:
    """When the last movement of each kind and reference of an order was booked; of backorders, those that end one."""
    rows = StockMovement.objects.filter(order_id=order.pk).exclude(kind=Kind.BACKORDER, backordered_change__gt=0)
    columns = rows.order_by("id").values_list("kind", "reference", "at")
    return {(kind, reference): at for kind, reference, at in columns}


def _recorded(entry: TimelineEntry) -> datetime:
    """When the event was recorded that an entry came about by."""
    try:
        return id_time(UUID(entry.cause_id)) if entry.cause_kind == Cause.Kind.EVENT else entry.at
    except ValueError:
        return entry.at


def _note_outbox(order: Order, events: Iterable[JourneyEvent]) -> None:
    """Note on events that they wait in the outbox. Of several of one type, the latest are those that wait."""
    latest = defaultdict(list)
    for event in events:
        latest[event.type].append(event)
    for message in OutboxMessage.objects.filter(key=str(order.pk)).order_by("-pk").defer("body"):
        if latest[message.type]:
            event = latest[message.type].pop()
            event.waits_since, event.parked = message.created_at, message.parked_reason
            event.trace = Trace(message.correlation_id, message.traceparent)


def _note_dead_letters(order: Order, events: Iterable[JourneyEvent]) -> None:
    letters = DeadLetter.objects.filter(key=str(order.pk)).order_by("pk").defer("body", "traceback")
    by_type = defaultdict(list)
    for letter in letters:
        by_type[letter.event_type, letter.consumer].append(letter)
    named = _named_by_letters(order, events) if by_type else {}
    for event in events:
        for consumer in event.handled:
            own = [one for one in by_type[event.type, consumer] if named.get(one.pk, event.about) == event.about]
            if own:
                letter = event.letters[consumer] = min(own, key=_urgency)
                event.trace = trace_of_letter(letter)


# Of several events of a type, each names the document or the shipment that it is about. What can't be read, or was
# erased, names none, and counts for all of them.
_NAMED = """
    SELECT letter.id, number FROM messaging_deadletter AS letter CROSS JOIN unnest(%(numbers)s::text[]) AS number
    WHERE letter.key = %(key)s AND letter.event_type = ANY(%(types)s) AND (
        position(convert_to('"number":"' || number || '"', 'UTF8') IN letter.body) > 0
        OR position(convert_to('"shipment":"' || number || '"', 'UTF8') IN letter.body) > 0
    )
"""


def _named_by_letters(order: Order, events: Iterable[JourneyEvent]) -> dict[int, str]:
    """The numbers of documents and shipments that dead letters name, by the ids of the letters."""
    numbered = [event for event in events if event.about]
    numbers, types = [event.about for event in numbered], [event.type for event in numbered]
    return dict(execute_once(_NAMED, key=str(order.pk), numbers=numbers, types=types))


def _urgency(letter: DeadLetter) -> tuple[bool, bool, int]:
    """By what one of several letters of an event is chosen: first those that wait for a person, then the discarded."""
    return letter.state not in DeadLetter.UNRESOLVED, letter.state == DeadLetter.State.REPLAYED, letter.pk


def trace_of_letter(letter: DeadLetter) -> Trace:
    """The trace of a dead letter's event, by its headers."""
    return trace_of_headers({name: value for name, value in letter.headers if isinstance(value, str)})
