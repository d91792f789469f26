"""Reading stock."""

from django.db.models import QuerySet

from inventory.exceptions import UnknownSku
from inventory.models import StockItem, StockMovement


def find_item(sku: str) -> StockItem:
    """Raises:
    UnknownSku: there is none.
    """
    item = StockItem.objects.filter(pk=sku).first()
    if item is None:
        raise UnknownSku(sku)
    return item


def movements_of(item: StockItem) -> QuerySet[StockMovement]:
    """The ledger of a stock item, newest first."""
    return StockMovement.objects.filter(sku=item.sku)
