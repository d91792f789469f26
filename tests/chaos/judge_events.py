"""The events of every order: whether each was published once, and after the event that caused it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import Finding
from tests.chaos.stored import StoredOrder

# What is told of an order in each of its final states, in this order.
STORIES = {
    "confirmed": ("order.placed.v1", "stock.reserved.v1", "order.confirmed.v1", "invoice.issued.v1"),
    "rejected": ("order.placed.v1", "stock.rejected.v1", "order.rejected.v1"),
}
BESIDES = ("stock.low.v1",)  # told under the key of the order that caused it


def judge_events(orders: Sequence[StoredOrder], consumed: Iterable[ConsumedEvent]) -> Iterator[Finding]:
    """Findings about events. A repeated delivery is no fault; a second event of the same type for an order is."""
    of_orders: dict[str, list[ConsumedEvent]] = defaultdict(list)
    for record in consumed:
        if record.type not in BESIDES:
            of_orders[record.order_id].append(record)
    for order in orders:
        first = _first_deliveries(of_orders.pop(order.id, []))
        if story := STORIES.get(order.status):  # otherwise it is still under way, which is a fault of its own
            yield from _judge_story(order, story, [record.type for record in first])
            yield from _judge_sequence(order, story, first)
    for order_id, records in of_orders.items():
        types = sorted({record.type for record in records})
        yield Finding("invented", order_id, f"no such order, and yet {types}")


def _judge_story(order: StoredOrder, story: Sequence[str], told: Sequence[str]) -> Iterator[Finding]:
    for event_type in story:
        if event_type not in told:
            yield Finding("unpublished", order.id, f"{order.status}, but {event_type} was not consumed")
    for event_type in sorted(set(told)):
        if event_type not in story:
            yield Finding("invented", order.id, f"{order.status}, and yet {event_type}")
        elif told.count(event_type) > 1:
            yield Finding("doubled", order.id, f"{event_type} under {told.count(event_type)} ids")


def _judge_sequence(order: StoredOrder, story: Sequence[str], first: Sequence[ConsumedEvent]) -> Iterator[Finding]:
    told = sorted((record for record in first if record.type in story), key=lambda record: story.index(record.type))
    for cause, effect in combinations(told, 2):
        if not _may_follow(cause, effect):
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
