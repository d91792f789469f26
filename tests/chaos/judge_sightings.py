"""What clients saw of orders at different times: nobody sees an order go back to what it was before."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.finding import Finding
from tests.chaos.journal import Sighting
from tests.chaos.stored import StoredOrder

STAGES = ("placed", "backordered", "confirmed", "partly_fulfilled")  # all others are an order's end


def judge_sightings(sightings: Iterable[Sighting], orders: Iterable[StoredOrder]) -> Iterator[Finding]:
    """Of two answers of which one was asked for after the other had come, the later says no earlier state."""
    seen: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        seen[sighting.order_id].append(sighting)
    statuses = {order.id: order.status for order in orders}
    for order_id, of_order in seen.items():
        ends = {sighting.status for sighting in of_order if _stage(sighting.status) == len(STAGES)}
        if wrong := ends - {statuses.get(order_id)}:
            yield Finding("went back", order_id, f"was seen {sorted(wrong)}, and is {statuses.get(order_id)}")
        yield from _judge(order_id, of_order)


def _judge(order_id: str, sightings: Sequence[Sighting]) -> Iterator[Finding]:
    answered = sorted(sightings, key=lambda sighting: sighting.answered)
    known, latest = 0, None
    for sighting in sorted(sightings, key=lambda sighting: sighting.asked):
        while known < len(answered) and answered[known].answered < sighting.asked:
            if latest is None or _stage(answered[known].status) > _stage(latest.status):
                latest = answered[known]
            known += 1
        if latest and _stage(sighting.status) < _stage(latest.status):
            yield Finding("went back", order_id, f"{sighting} after {latest}")


def _stage(status: str) -> int:
    return STAGES.index(status) if status in STAGES else len(STAGES)
