"""Stock in the end, against the orders and against what staff booked: computed here once more, in another way."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.finding import Finding
from tests.chaos.stored import Stored, StoredCreditNote, StoredOrder

HOLDING = ("confirmed", "partly_fulfilled")
BOOKED_BY_HAND = ("receipt", "adjustment")


def judge_stock(stored: Stored) -> Iterator[Finding]:
    """Findings about levels, rejections, the queue of who waits, and returns."""
    yield from _judge_levels(stored)
    yield from _judge_rejections(stored)
    yield from _judge_queue(stored)
    yield from _judge_returns(stored)


def _judge_levels(stored: Stored) -> Iterator[Finding]:
    """A sku has what came in less what was sent; reserved is what confirmed orders are owed; the rest is waited for."""
    reserved, awaited, on_hand = Counter[str](), Counter[str](), Counter[str]()
    for order in stored.orders:
        for line in order.ordered:
            reserved[line.sku] += line.open if order.status in HOLDING else 0
            awaited[line.sku] += line.open if order.status == "backordered" else 0
            on_hand[line.sku] -= line.fulfilled
    for movement in stored.movements:
        on_hand[movement.sku] += movement.on_hand if movement.kind in (*BOOKED_BY_HAND, "return") else 0
    for sku in sorted(reserved.keys() | awaited.keys() | stored.stock.keys()):
        expected, found = (on_hand[sku], reserved[sku], awaited[sku]), stored.stock.get(sku, (0, 0, 0))
        if found != expected or reserved[sku] > on_hand[sku]:
            detail = "{} on hand, {} reserved, {} waited for".format(*found)
            yield Finding("oversold", sku, detail + "; by orders and bookings {}, {}, {}".format(*expected))


def _judge_rejections(stored: Stored) -> Iterator[Finding]:
    """An order is rejected if at some time there was too little of something; one that may wait, never."""
    least = _least_available(stored)
    for order in stored.orders:
        if order.status != "rejected":
            continue
        if order.may_wait:
            yield Finding("rejected without need", order.id, "it would have waited")
        elif all(least[sku] >= units for sku, units in _asked(order).items()):
            yield Finding("rejected without need", order.id, f"there was always enough of all of {order.lines}")


def _least_available(stored: Stored) -> Counter[str]:
    """Of each sku the fewest units that a new order could have had at any time, by the ledger."""
    left, least = Counter[str](), Counter[str]()
    for movement in stored.movements:
        sku = movement.sku
        left[sku] += movement.on_hand - movement.reserved - movement.backordered
        least[sku] = left[sku] if sku not in least else min(least[sku], left[sku])
    return least


def _judge_queue(stored: Stored) -> Iterator[Finding]:
    """At rest nobody waits for what is there: enough of each sku for the order and for all who wait before it."""
    ahead = Counter[str]()
    for order in sorted(stored.orders, key=lambda order: order.id):
        if order.status == "backordered":
            ahead.update(_asked(order))
            if not order.may_wait:
                yield Finding("invented", order.id, "it waits, and did not want to")
            if all(ahead[sku] <= _available(stored, sku) for sku in _asked(order)):
                yield Finding("stuck", order.id, "it still waits, and there is enough for it and all before it")


def _judge_returns(stored: Stored) -> Iterator[Finding]:
    """A credit note that says so brings its units back, whole and once, unless more would come back than was sent."""
    skus = {order.id: [line.sku for line in order.ordered] for order in stored.orders}
    away, returned = _away(stored), _returned(stored)
    for order_id, units in away.items():
        if more := {sku: -left for sku, left in units.items() if left < 0}:
            yield Finding("misinvoiced", order_id, f"came back, and never left: {more}")
    for note in stored.credit_notes:
        wanted = _units(note, skus[note.order_id]) if note.restock else Counter[str]()
        found = returned.pop(note.number, Counter[str]())
        due = wanted and all(away[note.order_id][sku] >= units for sku, units in wanted.items())
        if found != wanted and (found or due):
            yield Finding("misinvoiced", note.number, f"brings back {dict(wanted)}, booked were {dict(found)}")
    for reference, units in returned.items():
        yield Finding("misinvoiced", reference, f"no such credit note, and yet {dict(units)} came back")


def _away(stored: Stored) -> dict[str, Counter[str]]:
    """Units by order and sku that were sent and are not back, by the ledger."""
    away: dict[str, Counter[str]] = defaultdict(Counter)
    for movement in stored.movements:
        if movement.order_id and movement.kind in ("issue", "return"):
            away[movement.order_id][movement.sku] -= movement.on_hand
    return away


def _returned(stored: Stored) -> dict[str, Counter[str]]:
    """Units by credit note and sku that came back, by the ledger."""
    returned: dict[str, Counter[str]] = defaultdict(Counter)
    for movement in stored.movements:
        if movement.kind == "return":
            returned[movement.reference][movement.sku] += movement.on_hand
    return returned


def _units(note: StoredCreditNote, skus: list[str]) -> Counter[str]:
    units = Counter[str]()
    for line_no, quantity in note.quantities.items():
        units[skus[line_no - 1]] += quantity
    return units


def _asked(order: StoredOrder) -> Counter[str]:
    asked: Counter[str] = Counter()
    for sku, quantity in order.lines:
        asked[sku] += quantity
    return asked


def _available(stored: Stored, sku: str) -> int:
    on_hand, reserved, _ = stored.stock.get(sku, (0, 0, 0))
    return on_hand - reserved
