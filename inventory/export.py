"""Stock as CSV: a row for each sku, with its levels and what they cost."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from common.chunks import chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount, format_price
from inventory.models import StockItem

COLUMNS = (
    *("sku", "on_hand", "reserved", "available", "backordered", "reorder_point"),
    *("average_cost", "value", "currency", "updated_at"),
)
_AT_ONCE = 2000  # stock items that are in memory


def stock_csv(items: QuerySet[StockItem], *, whole: bool) -> Iterator[bytes]:
    """The file of these stock items, by sku, in chunks; not `whole`, it does not tell what they cost."""
    chunks = chunks_of(items, rising=("sku",), size=_AT_ONCE)
    return csv_chunks(COLUMNS, (_rows(chunk, whole=whole) for chunk in chunks))


def _rows(items: Iterable[StockItem], *, whole: bool) -> Iterator[Cells]:
    for item in items:
        levels = (item.on_hand, item.reserved, item.available, item.backordered, item.reorder_point)
        yield (item.sku, *levels, *(_cost(item) if whole else ("", "", "")), timestamp(item.updated_at))


def _cost(item: StockItem) -> Cells:
    """The average cost of a unit, the value of all on hand, and the currency of both; empty where nobody named any."""
    if item.average is None or item.value is None:
        return ("", "", "")
    currency = item.average.currency
    return (format_price(item.average.amount, currency), format_amount(item.value, currency), currency)
