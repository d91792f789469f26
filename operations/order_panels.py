"""The panels of other apps on the page of an order: reservation decision, invoice, outbox and dead letters."""

from collections.abc import Callable, Mapping

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.formatting import admin_link, badge, moment, money, named_moment
from backoffice.panels import Column, Panel
from common.traceparents import trace_id_of
from inventory.models import ReservationDecision, StockItem
from invoicing.models import Invoice
from messaging.dead_letters.admin_pages import short_error, state_badge
from messaging.models import DeadLetter, OutboxMessage
from operations.journey.events import JourneyEvent, events_of
from operations.journey.report import delay, whereabouts
from orders.models import Order

MESSAGES_SHOWN = 20


def reservation_decision(order: Order) -> Panel:
    decision = ReservationDecision.objects.filter(pk=order.pk).first()
    if decision is None:
        return Panel(title="Stock", columns=(), rows=(), empty="Not decided yet.")
    more = admin_link(
        "inventory.reservationdecision", decision.pk, format_html("The decision of {}", named_moment(decision.at))
    )
    return _PANELS[ReservationDecision.Outcome(decision.outcome)](decision, more)


def _reserved(decision: ReservationDecision, more: SafeString) -> Panel:
    rows = [
        (admin_link("inventory.stockitem", held.sku), held.quantity) for held in decision.reservations.order_by("sku")
    ]
    return Panel(
        title="Stock: reserved", columns=(Column("Sku"), Column("Reserved", number=True)), rows=rows, more=more
    )


def _waiting(decision: ReservationDecision, more: SafeString) -> Panel:
    """The units that the order waits for, with what is available and what all orders wait for."""
    lines = decision.backorder_lines.order_by("sku")
    items = StockItem.objects.in_bulk([line.sku for line in lines])
    rows = [
        (admin_link("inventory.stockitem", line.sku), line.quantity, item.available, item.backordered)
        for line in lines
        if (item := items.get(line.sku))
    ]
    columns = (
        Column("Sku"),
        Column("Waits for", number=True),
        Column("Available", number=True),
        Column("All wait for", number=True),
    )
    return Panel(title="Stock: waits its turn", columns=columns, rows=rows, more=more)


def _short(decision: ReservationDecision, more: SafeString) -> Panel:
    rows = [
        (admin_link("inventory.stockitem", short["sku"]), short["asked"], short["available"])
        for short in decision.shortages
    ]
    columns = (Column("Sku"), Column("Asked", number=True), Column("Available", number=True))
    return Panel(title="Stock: rejected", columns=columns, rows=rows, more=more)


def _cancelled(_decision: ReservationDecision, more: SafeString) -> Panel:
    return Panel(title="Stock", columns=(), rows=(), empty="The order was cancelled: nothing was ever held.", more=more)


_PANELS: Mapping[ReservationDecision.Outcome, Callable[[ReservationDecision, SafeString], Panel]] = {
    ReservationDecision.Outcome.RESERVED: _reserved,
    ReservationDecision.Outcome.BACKORDERED: _waiting,
    ReservationDecision.Outcome.REJECTED: _short,
    ReservationDecision.Outcome.CANCELLED: _cancelled,
}


def invoice(order: Order) -> Panel:
    issued = Invoice.objects.filter(order_id=order.pk).only("number", "issued_at", "total", "currency")
    rows = [
        (admin_link("invoicing.invoice", one.number), moment(one.issued_at), money(one.total, one.currency))
        for one in issued
    ]
    columns = (Column("Number"), Column("Issued (UTC)"), Column("Total", number=True))
    return Panel(title="Invoice", columns=columns, rows=rows, empty="None issued.")


def events(order: Order) -> Panel:
    """The order's events with who handled them, as `manage.py where` tells it."""
    rows = [
        (
            f"{event.type} {event.about}".strip(),
            moment(event.recorded_at),
            consumer,
            format_html("{} ({})", moment(at), delay(event.recorded_at, at)) if at else _not_handled(event, consumer),
        )
        for event in events_of(order)
        for consumer, at in event.handled.items()
    ]
    columns = (Column("Event"), Column("Recorded (UTC)"), Column("Consumer"), Column("Handled (UTC)"))
    return Panel(title="Events", columns=columns, rows=rows, wide=True, more=_ids(order))


def _not_handled(event: JourneyEvent, consumer: str) -> SafeString | str:
    """Where an event is that a consumer has yet to handle, with a link where a terminal gets a command."""
    letter = event.blocking_letter(consumer)
    if letter is None:
        return whereabouts(event, consumer)
    link = admin_link("messaging.deadletter", letter.pk, f"dead letter {letter.pk}")
    return format_html("{} ({})", link, letter.state)


def _ids(order: Order) -> SafeString:
    """The ids by which the request that placed an order is found in logs and traces."""
    ids = {"Request id": order.correlation_id, "Trace id": trace_id_of(order.traceparent)}
    return format_html_join(", ", "{} {}", ((name, value) for name, value in ids.items() if value))


def waiting_messages(order: Order) -> Panel:
    """The order's events that Kafka has not acknowledged yet."""
    waiting = OutboxMessage.objects.filter(key=str(order.pk)).defer("body").order_by("pk")[:MESSAGES_SHOWN]
    rows = [
        (
            admin_link("messaging.outboxmessage", message.pk, message.type),
            badge("parked", "danger") if message.parked_at else badge("waiting", "info"),
            moment(message.created_at),
        )
        for message in waiting
    ]
    columns = (Column("Event"), Column("State"), Column("Since (UTC)"))
    return Panel(title="Outbox", columns=columns, rows=rows, empty="Every event of this order was sent.")


def dead_letters(order: Order) -> Panel:
    """The order's events that a consumer gave up on, and what became of them."""
    letters = DeadLetter.objects.filter(key=str(order.pk)).defer("headers", "body", "traceback").order_by("pk")
    rows = [
        (
            admin_link("messaging.deadletter", letter.pk, letter.event_type or "unknown"),
            letter.consumer,
            state_badge(letter),
            letter.reason or short_error(letter),
        )
        for letter in letters[:MESSAGES_SHOWN]
    ]
    columns = (Column("Event"), Column("Consumer"), Column("State"), Column("Reason or error"))
    return Panel(title="Dead letters", columns=columns, rows=rows, wide=True)
