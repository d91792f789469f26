"""The products that have changed, for readers that come back and continue where they ended.

What a product costs changes by what is written, and by the time: a price that was set for later begins without anybody
writing anything.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from common.changed_rows import RowPosition, settled_changes
from common.keyset import beyond
from orders.models import Price, Product

_LAST_ID = 2**63 - 1


class ProductPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to where a reader knows products.

    Attributes:
        row: up to where the changes of their rows.
        time: until when the prices that have begun.
        price: of those that began at `time`, the last one's id.
    """

    row: RowPosition
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    price: Annotated[int, msgspec.Meta(ge=0, le=_LAST_ID)] = _LAST_ID


class ProductChanges(NamedTuple):
    """Products as they are now, each once; the position after their changes, and whether there are more."""

    products: list[Product]
    position: ProductPosition
    more: bool


def latest_product_position() -> ProductPosition:
    """The position of who has read everything, from which to begin."""
    now = timezone.now()
    return ProductPosition(settled_changes().position, now)


def product_changes_after(position: ProductPosition, *, limit: int) -> ProductChanges:
    """The next products that have changed, or of which a price has begun, at most `limit`.

    Raises:
        PositionUnknown: nobody can have got as far.
    """
    now = timezone.now()  # before prices are looked at: one that begins meanwhile is told next time, too
    rows, row, more = settled_changes().after(position.row, Product.objects.only("changed_in"), limit=limit)
    skus = [product.pk for product in rows]
    if more:
        return ProductChanges(_as_they_are(skus), msgspec.structs.replace(position, row=row), more=True)
    room = limit - len(skus)
    begun = list(_begun(position, until=now)[: room + 1])
    more = len(begun) > room
    skus += [price.product_id for price in begun[:room]]
    # Also where this clock is behind the one of before: what has not begun by it is told once it does.
    time, price = now, _LAST_ID
    if more:
        time, price = (begun[room - 1].valid_from, begun[room - 1].pk) if room else (position.time, position.price)
    return ProductChanges(_as_they_are(skus), ProductPosition(row, time, price), more=more)


def _begun(position: ProductPosition, *, until: datetime) -> QuerySet[Price]:
    order = ["valid_from", "id"]
    start = beyond(Price, order, [position.time, position.price], backwards=False)
    return Price.objects.filter(start, valid_from__lte=until).only("product_id", "valid_from").order_by(*order)


def _as_they_are(skus: Sequence[str]) -> list[Product]:
    products = {product.pk: product for product in Product.objects.with_price_now().filter(pk__in=skus)}
    return [products[sku] for sku in dict.fromkeys(skus)]
