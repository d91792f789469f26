"""Products together with their stock: the catalogue belongs to orders, levels belong to inventory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from inventory.models import StockItem
from inventory.services import set_on_hand
from orders.catalogue import PricedProduct, upsert_products
from orders.prices.changes import begin_prices


@dataclass(frozen=True, slots=True)
class StockedProduct:
    """A product with its price from a time on (None: from now on), and how many units there shall be on hand."""

    product: PricedProduct
    on_hand: int
    valid_from: datetime | None = None


@transaction.atomic
def upsert_stocked_products(products: Sequence[StockedProduct], *, by: str) -> None:
    """Add products or bring them up to date, and bring their levels to what is given; all of it, or nothing.

    Args:
        by: the command that does it, as prices and the ledger name it.

    Raises:
        OnHandRefused: a sku has more reserved than it would have on hand.
        StartsRefused: some prices can't begin when they are to.
    """
    upsert_products((stocked.product for stocked in products if not stocked.valid_from), actor=by)
    begin_prices({stocked.product: stocked.valid_from for stocked in products if stocked.valid_from}, actor=by)
    set_on_hand(levels={stocked.product.sku: stocked.on_hand for stocked in products}, note=by)


@transaction.atomic
def open_stock(skus: Collection[str], *, on_hand: int, note: str) -> None:
    """Give skus their first level. One that has a level keeps it."""
    if on_hand:
        known = set(StockItem.objects.filter(sku__in=skus).values_list("sku", flat=True))
        set_on_hand(levels=dict.fromkeys(sorted(set(skus) - known), on_hand), note=note)
