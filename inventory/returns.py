"""Goods that come back: what a credit note says is on hand again."""

from collections.abc import Sequence

from inventory import statements
from inventory.allocation import asked_for
from inventory.backorders import announce_turns
from inventory.events import CreditNoteIssued
from inventory.models import StockItem, StockMovement
from inventory.statements import Movement


def return_stock(events: Sequence[CreditNoteIssued]) -> None:
    """Book what credit notes bring back, as far as they say so. A credit note counts once.

    That the goods are there, who wrote the credit note has seen; whether they were sent is not asked: its event may
    come before that of the shipment, which is on another topic.
    """
    returned = {event.number: event for event in events if event.restock and event.lines}
    orders = {event.order_id for event in returned.values()}
    statements.lock_decisions(orders)
    booked = statements.booked(orders, StockMovement.Kind.RETURN)
    movements = [
        Movement(event.order_id, number, sku, quantity)
        for number, event in returned.items()
        if (event.order_id, number) not in booked
        for sku, quantity in asked_for(event.lines).items()
    ]
    levels = StockItem.objects.lock({movement.sku for movement in movements})
    statements.put_back(movements)
    announce_turns(levels, levels)
