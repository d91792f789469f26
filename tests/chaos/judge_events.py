"""The events of every order: whether each was published once, and after the event that caused it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import Finding
from tests.chaos.stored import Stored, StoredOrder

PLACED, BACKORDERED, CONFIRMED = "order.placed.v1", "order.backordered.v1", "order.confirmed.v1"
PARTLY, FULFILLED = "order.partly_fulfilled.v1", "order.fulfilled.v1"
REJECTED, CANCELLED = "order.rejected.v1", "order.cancelled.v1"
RESERVED, WAITS, SHORT = "stock.reserved.v1", "stock.backordered.v1", "stock.rejected.v1"
INVOICED, CREDITED = "invoice.issued.v1", "credit_note.issued.v1"

# Which events of an order come after which, where there are both.
AFTER: Mapping[str, tuple[str, ...]] = {
    PLACED: (
        RESERVED,
        WAITS,
        SHORT,
        BACKORDERED,
        CONFIRMED,
        REJECTED,
        CANCELLED,
        PARTLY,
        FULFILLED,
        INVOICED,
        CREDITED,
    ),
    WAITS: (RESERVED, BACKORDERED),
    RESERVED: (CONFIRMED,),
    SHORT: (REJECTED,),
    BACKORDERED: (CONFIRMED, CANCELLED),
    CONFIRMED: (PARTLY, FULFILLED, CANCELLED, INVOICED),
    PARTLY: (FULFILLED, CANCELLED),
    INVOICED: (CREDITED,),
}
BESIDES = ("stock.low.v1", "stock.replenished.v1")  # told under the key of the order that caused it


def judge_events(stored: Stored, consumed: Iterable[ConsumedEvent]) -> Iterator[Finding]:
    """Findings about events. A repeated delivery is no fault; one event more, or less, than there is to tell, is."""
    of_orders: dict[str, list[ConsumedEvent]] = defaultdict(list)
    for record in consumed:
        if record.type not in BESIDES:
            of_orders[record.order_id].append(record)
    expected = _expected(stored)
    for order in stored.orders:
        first = _first_deliveries(of_orders.pop(order.id, []))
        yield from _judge_story(order, expected[order.id], Counter(record.type for record in first))
        yield from _judge_sequence(order, first)
    for order_id, records in of_orders.items():
        types = sorted({record.type for record in records})
        yield Finding("invented", order_id, f"no such order, and yet {types}")


def _expected(stored: Stored) -> dict[str, Counter[str]]:
    """How often each type of event is to be told of each order, by what is stored of it."""
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for order in stored.orders:
        told = {
            PLACED: True,
            SHORT: order.decision == "rejected",
            BACKORDERED: order.waited,
            CONFIRMED: order.was_confirmed,
            REJECTED: order.status == "rejected",
            CANCELLED: bool(order.reason),
        }
        expected[order.id].update([event_type for event_type, is_told in told.items() if is_told])
    for movement in stored.movements:
        if movement.order_id and movement.kind == "reservation":
            expected[movement.order_id][RESERVED] = 1
        if movement.order_id and movement.kind == "backorder" and movement.backordered > 0:
            expected[movement.order_id][WAITS] = 1
    for shipment in stored.shipments:
        expected[shipment.order_id][FULFILLED if shipment.last else PARTLY] += 1
    for invoice in stored.invoices:
        expected[invoice.order_id][INVOICED] += 1
    for note in stored.credit_notes:
        expected[note.order_id][CREDITED] += 1
    return expected


def _judge_story(order: StoredOrder, expected: Counter[str], told: Counter[str]) -> Iterator[Finding]:
    for event_type in sorted(expected.keys() | told.keys()):
        due, found = expected[event_type], told[event_type]
        if found < due:
            yield Finding(
                "unpublished", order.id, f"{order.status}, but {event_type} was consumed {found} times of {due}"
            )
        elif found > due:
            kind = "doubled" if due else "invented"
            yield Finding(kind, order.id, f"{order.status}, and yet {event_type} under {found} ids, and not {due}")


def _judge_sequence(order: StoredOrder, first: Sequence[ConsumedEvent]) -> Iterator[Finding]:
    for cause in first:
        for effect in first:
            if effect.type in AFTER.get(cause.type, ()) and not _may_follow(cause, effect):
                yield Finding("out of order", order.id, f"{effect} before {cause}")


def _first_deliveries(records: Iterable[ConsumedEvent]) -> list[ConsumedEvent]:
    """The earliest delivery of each event."""
    first: dict[tuple[str, str], ConsumedEvent] = {}
    for record in records:
        known = first.setdefault((record.event_id, record.type), record)
        if (record.topic, record.partition) == (known.topic, known.partition):
            first[record.event_id, record.type] = min(known, record, key=lambda one: one.offset)
    return list(first.values())


def _may_follow(cause: ConsumedEvent, effect: ConsumedEvent) -> bool:
    """In one topic the effect stands behind the cause in the same partition; in another one it was sent later."""
    if cause.topic == effect.topic:
        return cause.partition == effect.partition and cause.offset < effect.offset
    return cause.at <= effect.at
