"""Whether the system kept its promises: what clients were told, against what is stored. Pure: it touches no server."""

from collections.abc import Iterator, Sequence

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import Finding
from tests.chaos.journal import Journal
from tests.chaos.judge_documents import judge_documents
from tests.chaos.judge_events import judge_events
from tests.chaos.judge_prices import judge_prices
from tests.chaos.judge_requests import judge_requests
from tests.chaos.judge_sightings import judge_sightings
from tests.chaos.judge_steps import judge_steps
from tests.chaos.judge_stock import judge_stock
from tests.chaos.stored import Stored


def judge(journal: Journal, stored: Stored, consumed: Sequence[ConsumedEvent]) -> list[Finding]:
    """All broken promises. The system must have come to rest before."""
    return [
        *judge_requests(journal.requested, stored.orders),
        *judge_steps(journal.steps, stored),
        *judge_sightings(journal.sightings, stored.orders),
        *judge_prices(stored.orders, stored.prices),
        *judge_stock(stored),
        *judge_documents(stored),
        *_judge_rest(stored),
        *judge_events(stored, consumed),
        *_judge_answers(journal),
    ]


def _judge_answers(journal: Journal) -> Iterator[Finding]:
    """A server may be away, but never answer 500; and where nothing at all was accepted, nothing was tested."""
    if times := journal.statuses[500]:
        yield Finding("answered 500", "500", f"{times} times")
    if not journal.outcomes()["accepted"]:
        yield Finding("stuck", "journal", "not one order was accepted")


def _judge_rest(stored: Stored) -> Iterator[Finding]:
    """No order or event is under way any more, and none became a dead letter: no fault was that of a message."""
    for order in stored.orders:
        if order.status == "placed":
            yield Finding("stuck", order.id, "still placed")
    if stored.unpublished:
        yield Finding("stuck", "outbox", f"{stored.unpublished} events wait or are parked")
    if stored.dead_letters:
        yield Finding("stuck", "dead letters", f"{stored.dead_letters} events are dead letters")
