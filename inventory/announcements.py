"""What the inventory has announced about orders, made anew from what is stored."""

from collections.abc import Collection
from uuid import UUID

from api.conversion import convert
from inventory.events import OrderedLine, Shortage, StockRejected, StockReserved
from inventory.models import StockAnswer
from inventory.services import INSUFFICIENT_STOCK


def announcements(order_ids: Collection[UUID]) -> list[StockReserved | StockRejected]:
    """The answers to these orders, as far as there are any. What ran low at that time is not told again."""
    answers = StockAnswer.objects.filter(pk__in=order_ids).order_by("pk").prefetch_related("reservations")
    return [_announcement(answer) for answer in answers]


def _announcement(answer: StockAnswer) -> StockReserved | StockRejected:
    if answer.outcome == StockAnswer.Outcome.REJECTED:
        shortages = convert(answer.shortages, list[Shortage])
        return StockRejected(order_id=answer.order_id, reason=INSUFFICIENT_STOCK, shortages=shortages)
    lines = [OrderedLine(sku=held.sku, quantity=held.quantity) for held in answer.reservations.all()]
    return StockReserved(order_id=answer.order_id, lines=lines)
