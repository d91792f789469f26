"""Reading many rows in chunks, in either direction."""

from common.chunks import chunks_of
from inventory.models import StockItem
from tests.factories import StockItemFactory


def test_rows_are_read_in_either_direction_each_once(db):
    for sku in ("B", "D", "A", "C", "E"):
        StockItemFactory(sku=sku)

    def read(**order: tuple[str, ...]) -> list[list[str]]:
        return [[item.sku for item in chunk] for chunk in chunks_of(StockItem.objects.all(), size=2, **order)]

    assert read(rising=("sku",)) == [["A", "B"], ["C", "D"], ["E"]]
    assert read(falling=("sku",)) == [["E", "D"], ["C", "B"], ["A"]]
