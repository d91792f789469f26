"""Whether the system kept its promises: what clients were told, against what is stored. Pure: it touches no server."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import Finding
from tests.chaos.journal import Journal
from tests.chaos.judge_events import judge_events
from tests.chaos.judge_requests import judge_requests
from tests.chaos.stored import Stored, StoredOrder


def judge(journal: Journal, stored: Stored, consumed: Sequence[ConsumedEvent]) -> list[Finding]:
    """All broken promises. The system must have come to rest before."""
    return [
        *judge_requests(journal.requested, stored.orders),
        *_judge_stock(stored),
        *_judge_invoices(stored),
        *_judge_rest(stored),
        *judge_events(stored.orders, consumed),
        *_judge_answers(journal),
    ]


def _judge_answers(journal: Journal) -> Iterator[Finding]:
    """A server may be away, but never answer 500; and where nothing at all was accepted, nothing was tested."""
    if times := journal.statuses[500]:
        yield Finding("answered 500", "500", f"{times} times")
    if not journal.outcomes()["accepted"]:
        yield Finding("stuck", "journal", "not one order was accepted")


def _judge_stock(stored: Stored) -> Iterator[Finding]:
    """Stock reserved of a sku is what confirmed orders ask of it, and no more than is on hand."""
    sold: Counter[str] = Counter()
    for order in stored.orders:
        if order.status == "confirmed":
            sold.update(_asked(order))
    for sku in sorted(sold.keys() | stored.stock.keys()):
        on_hand, reserved = stored.stock.get(sku, (0, 0))
        if sold[sku] > on_hand or reserved != sold[sku]:
            yield Finding("oversold", sku, f"{on_hand} on hand, {reserved} reserved, {sold[sku]} in confirmed orders")
    for order in stored.orders:
        if order.status == "rejected" and all(_available(stored, sku) >= n for sku, n in _asked(order).items()):
            yield Finding("rejected without need", order.id, f"there still is enough of all of {order.lines}")


def _asked(order: StoredOrder) -> Counter[str]:
    asked: Counter[str] = Counter()
    for sku, quantity in order.lines:
        asked[sku] += quantity
    return asked


def _available(stored: Stored, sku: str) -> int:
    """Units of a sku that are free at the end; nothing is received during a run, so there were never fewer before."""
    on_hand, reserved = stored.stock.get(sku, (0, 0))
    return on_hand - reserved


def _judge_invoices(stored: Stored) -> Iterator[Finding]:
    """Each confirmed order has one invoice and shows its number, no other has one; numbers run from 1 without a gap."""
    by_order: dict[str, list[str]] = defaultdict(list)
    series: dict[str, list[int]] = defaultdict(list)
    for invoice in stored.invoices:
        by_order[invoice.order_id].append(invoice.number)
        series[invoice.series].append(invoice.sequence)
    for order in stored.orders:
        numbers = by_order.pop(order.id, [])
        if len(numbers) != (order.status == "confirmed") or "".join(numbers) != order.invoice_number:
            detail = f"{order.status}, shows {order.invoice_number!r}, has {numbers}"
            yield Finding("misinvoiced", order.id, detail)
    for order_id, numbers in by_order.items():
        yield Finding("misinvoiced", order_id, f"no such order, and yet {numbers}")
    for name, sequences in series.items():
        if sorted(sequences) != list(range(1, len(sequences) + 1)):
            yield Finding("misinvoiced", name, f"{len(sequences)} numbers from {min(sequences)} to {max(sequences)}")


def _judge_rest(stored: Stored) -> Iterator[Finding]:
    """No order or event is under way any more, and none became a dead letter: no fault was that of a message."""
    for order in stored.orders:
        if order.status not in ("confirmed", "rejected"):
            yield Finding("stuck", order.id, f"still {order.status}")
    if stored.unpublished:
        yield Finding("stuck", "outbox", f"{stored.unpublished} events wait or are parked")
    if stored.dead_letters:
        yield Finding("stuck", "dead letters", f"{stored.dead_letters} events are dead letters")
