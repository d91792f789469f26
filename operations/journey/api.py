"""The events of an order as the API has them. What went wrong with one is for operators: here it has only its state."""

from common.traceparents import trace_id_of
from messaging.models import DeadLetter
from operations.journey.events import JourneyEvent, events_of
from orders.history import HandlingOut, OrderEventOut
from orders.models import Order


def events_out(order: Order) -> list[OrderEventOut]:
    return [
        OrderEventOut(
            event=event.type,
            recorded_at=event.recorded_at,
            about=event.about or None,
            handled=[_handling(event, consumer) for consumer in event.handled],
            request_id=event.trace.correlation_id or None,
            trace_id=trace_id_of(event.trace.traceparent) or None,
        )
        for event in events_of(order)
    ]


def _handling(event: JourneyEvent, consumer: str) -> HandlingOut:
    at = event.handled[consumer]
    if at is not None:
        return HandlingOut(consumer, "handled", at, round(max(0.0, (at - event.recorded_at).total_seconds()), 3))
    letter = event.letters.get(consumer)
    if letter is not None and letter.state == DeadLetter.State.DISCARDED:
        return HandlingOut(consumer, "discarded", None, None)
    if letter is not None and letter.state in DeadLetter.UNRESOLVED:
        return HandlingOut(consumer, "dead_letter", None, None)
    if event.waits_since:
        return HandlingOut(consumer, "parked" if event.parked else "outbox", None, None)
    return HandlingOut(consumer, "published", None, None)
