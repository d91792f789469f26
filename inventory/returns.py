"""Goods that come back: what a credit note says is on hand again, once what it takes back was sent.

A credit note's event may come before that of the shipment, which is on another topic. It waits as a `PendingReturn`
then, and is booked with the shipment. So nothing comes back that never left, whoever says so.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from inventory import statements
from inventory.allocation import Return, asked_for, covered
from inventory.backorders import announce_turns
from inventory.events import CreditNoteIssued
from inventory.models import PendingReturn, StockItem, StockMovement
from inventory.statements import Movement

_SENT_AND_BACK = (StockMovement.Kind.ISSUE, StockMovement.Kind.RETURN)


def return_stock(events: Sequence[CreditNoteIssued]) -> None:
    """Book what credit notes bring back, as far as they say so and it was sent. A credit note counts once.

    That the goods have arrived is taken from the credit note: whoever wrote it has seen them.
    """
    returned = {event.number: event for event in events if event.restock and event.lines}
    orders = {event.order_id for event in returned.values()}
    statements.lock_decisions(orders)
    booked = statements.booked(orders, StockMovement.Kind.RETURN)
    news = [
        Return(event.order_id, number, asked_for(event.lines))
        for number, event in sorted(returned.items())
        if (event.order_id, number) not in booked
    ]
    PendingReturn.objects.bulk_create(
        [PendingReturn(reference=each.reference, order_id=each.order_id, quantities=each.quantities) for each in news],
        ignore_conflicts=True,
    )
    movements = due_returns(orders)
    levels = StockItem.objects.lock({movement.sku for movement in movements})
    put_back(movements)
    announce_turns({movement.sku: movement.order_id for movement in movements}, levels)


def due_returns(order_ids: Collection[UUID], issued: Iterable[Movement] = ()) -> list[Movement]:
    """What can be booked of the pending returns of orders, whose decisions are locked.

    Args:
        issued: what is about to be sent of these orders, beyond what is booked.
    """
    pending = PendingReturn.objects.filter(order_id__in=order_ids).order_by("reference")
    returns = [Return(each.order_id, each.reference, each.quantities) for each in pending]
    if not returns:
        return []
    away = _away({each.order_id for each in returns})
    for movement in issued:
        away[movement.order_id, movement.sku] += movement.quantity
    return [
        Movement(each.order_id, each.reference, sku, quantity)
        for each in covered(returns, away)
        for sku, quantity in each.quantities.items()
    ]


def put_back(movements: Sequence[Movement]) -> None:
    """Book pending returns, which are pending no more. The decisions and the stock items are locked."""
    statements.put_back(movements)
    PendingReturn.objects.filter(reference__in={movement.reference for movement in movements}).delete()


def _away(order_ids: Collection[UUID]) -> Counter[tuple[UUID, str]]:
    """Units by order and sku that were sent and are not back, by the ledger."""
    away: Counter[tuple[UUID, str]] = Counter()
    moved = StockMovement.objects.filter(order_id__in=order_ids, kind__in=_SENT_AND_BACK)
    for order_id, sku, change in moved.values_list("order_id", "sku", "on_hand_change"):
        assert order_id is not None, "stock_movement_moves_what_its_kind_says"
        away[order_id, sku] -= change
    return away
