"""Orders that wait for stock: served first come, first served, each as a whole.

Whoever brings stock announces it (`announce_turns`), and a consumer serves the queue in batches (`serve_backorders`):
a receipt is booked in no time, however many orders wait for it. The rule is `allocation.is_served`.

Locks are taken in the order of reservations.py: decisions by order id, then stock items by sku. The queue of a sku
changes only while its stock item is locked.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from inventory import announcements, statements
from inventory.allocation import Level, QueuedLine, hold, is_served
from inventory.events import BACKORDER_EXPIRED, Shortage, StockRejected, StockReplenished
from inventory.models import BackorderLine, ReservationDecision, StockItem
from messaging.events import Event
from messaging.outbox import recording
from messaging.tracing import on_behalf

# By sku the key of the event or request that brought more of it, whose trace is that of the events it causes.
Causes = Mapping[str, UUID | str | None]

BATCH = 500  # orders that are served, or expire, in one transaction

_BACKORDERED = ReservationDecision.Outcome.BACKORDERED


def announce_turns(causes: Causes, levels: Mapping[str, Level]) -> None:
    """Have the queues of these skus looked through, where orders wait for any. The stock items are locked.

    Args:
        causes: the skus of which there is more for waiting orders than before.
    """
    awaited = sorted(sku for sku in causes if levels[sku].backordered)
    if awaited and (first := statements.first_in_queue(awaited)):
        with on_behalf({first: causes[awaited[0]]}):
            recording.record(StockReplenished(order_id=first, skus=awaited))


def serve_backorders(events: Sequence[StockReplenished]) -> None:
    """Reserve what there is for the orders whose turn it is, as many as a batch; the rest is another event's."""
    skus = {sku: event.order_id for event in events for sku in event.skus}
    candidates = statements.whose_turn(skus, limit=BATCH)
    served = _serve(_locked(candidates), skus)
    if served and len(candidates) == BATCH:
        with on_behalf({served[0]: events[0].order_id}):
            recording.record(StockReplenished(order_id=served[0], skus=sorted(skus)))


def _serve(waiting: Collection[UUID], causes: Causes) -> list[UUID]:
    """Reserve what there is for those of these orders whose turn it is, and say which. Their decisions are locked."""
    levels = _lock_levels(waiting)
    served = {
        order_id: lines for order_id, lines in statements.queued_lines(waiting).items() if is_served(lines, levels)
    }
    announced: list[Event] = []
    for order_id, lines in served.items():
        announced += _hold(order_id, lines, levels)
    statements.reserve_queued(served)
    brought = {order_id: causes[line.sku] for order_id, lines in served.items() for line in lines if line.sku in causes}
    with on_behalf(brought):
        recording.record_all(announced)
    return list(served)


def look_after_backorders() -> None:
    """Reject what has waited for too long, if there is a limit, and serve whose turn went by unannounced.

    That can be after an announcement was deleted by Kafka before it was read, or discarded by a person.
    """
    if settings.BACKORDER_EXPIRY:
        while expire_backorders(after=settings.BACKORDER_EXPIRY) == BATCH:
            pass
    _serve_missed()


@transaction.atomic
def _serve_missed() -> None:
    awaited = StockItem.objects.filter(backordered__gt=0, on_hand__gt=F("reserved")).order_by("sku")
    skus = list(awaited.values_list("sku", flat=True))
    if skus and (first := statements.first_in_queue(skus)):
        serve_backorders([StockReplenished(order_id=first, skus=skus)])


@transaction.atomic
def expire_backorders(*, after: timedelta) -> int:
    """Reject orders that have waited for longer than `after`, as many as a batch; how many of those there were.

    Whose turn it is gets what it waited for: its stock may have come in time, while no consumer was there to serve it.
    """
    overdue = ReservationDecision.objects.filter(outcome=_BACKORDERED, at__lt=Now() - after).order_by("pk")
    decisions = overdue.select_for_update(skip_locked=True)[:BATCH]
    shortages = {decision.pk: msgspec.convert(decision.shortages, list[Shortage]) for decision in decisions}
    found = len(shortages)
    for order_id in _serve(shortages, {}):
        del shortages[order_id]
    leave_queue(shortages)
    ReservationDecision.objects.filter(pk__in=shortages).update(
        outcome=ReservationDecision.Outcome.REJECTED, reason=BACKORDER_EXPIRED
    )
    recording.record_all(
        StockRejected(order_id=order_id, reason=BACKORDER_EXPIRED, shortages=short)
        for order_id, short in shortages.items()
    )
    return found


def leave_queue(order_ids: Collection[UUID]) -> None:
    """Have orders wait no longer, whose decisions are locked. Those that do not wait are left as they are."""
    levels = _lock_levels(order_ids)
    statements.leave_queue(order_ids)
    announce_turns(dict.fromkeys(levels), levels)


def _locked(order_ids: Collection[UUID]) -> list[UUID]:
    """The given orders that still wait, with their decisions locked in the order of ids."""
    decisions = ReservationDecision.objects.filter(pk__in=order_ids, outcome=_BACKORDERED).order_by("pk")
    return list(decisions.select_for_update().values_list("pk", flat=True))


def _lock_levels(order_ids: Collection[UUID]) -> dict[str, Level]:
    """The levels of all skus that these orders wait for, locked. Their decisions are locked, so their lines stay."""
    skus = BackorderLine.objects.filter(decision_id__in=list(order_ids)).order_by().values_list("sku", flat=True)
    return StockItem.objects.lock(set(skus))


def _hold(order_id: UUID, lines: Sequence[QueuedLine], levels: Mapping[str, Level]) -> list[Event]:
    """Move what an order waits for to what is reserved, in `levels`; what that announces."""
    ran_low = []
    for line in lines:
        level = levels[line.sku]
        level.backordered -= line.quantity
        if hold(level, line.quantity):
            ran_low.append(line.sku)
    return list(announcements.reserved(order_id, {line.sku: line.quantity for line in lines}, ran_low, levels))
