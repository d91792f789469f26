"""Where imported orders go: into the database, or nowhere in a dry run."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from django.db import DatabaseError, transaction

from common.postgres import is_collision
from messaging.retry import backoff
from orders.catalogue import PricedProduct, products_with_history
from orders.events import OrderPlaced
from orders.importing.owner import owner_id
from orders.importing.products import create_missing_products
from orders.importing.returns import SoldLine, sold_before
from orders.intake.drafts import Draft, OrderRequest, Placed, Placement
from orders.intake.place_orders import place_orders

_TRIES = 10  # of a batch, each of which finds what another import was first with

OpenStock = Callable[[Collection[str]], None]


class Store(Protocol):
    """What an import reads and writes."""

    @property
    def client_id(self) -> int:
        """The client that the orders belong to."""
        ...

    def products(self, skus: Collection[str]) -> dict[str, PricedProduct]:
        """The products of these skus, those that there are, with the prices that they ever had."""
        ...

    def create_products(self, products: Sequence[PricedProduct]) -> int:
        """Add those that are not there yet; how many that were."""
        ...

    def place(self, drafts: Sequence[Draft]) -> list[Placement]:
        """Store orders, all in one transaction; an outcome for each, in order."""
        ...

    def sold_before(self, request: OrderRequest, at: datetime) -> Sequence[SoldLine]:
        """The lines sold to the customer until then that a return may take back: see orders.importing.returns."""
        ...


class Database:
    """Stores for good. `open_stock` gives new skus their stock, in the transaction that creates them."""

    def __init__(self, open_stock: OpenStock) -> None:
        self._open_stock = open_stock
        self.client_id = owner_id()

    def products(self, skus: Collection[str]) -> dict[str, PricedProduct]:
        return products_with_history(skus)

    def create_products(self, products: Sequence[PricedProduct]) -> int:
        if not products:
            return 0
        with transaction.atomic():
            created = create_missing_products(products, actor="import_orders")
            if created:
                self._open_stock(created)
        return len(created)

    def place(self, drafts: Sequence[Draft]) -> list[Placement]:
        """Store orders sorted by reference, so that two imports of the same orders can't deadlock, only meet."""
        ordered = sorted(drafts, key=lambda draft: draft.order.reference)
        outcomes = dict(zip((draft.id for draft in ordered), _place_with_retries(ordered), strict=True))
        return [outcomes[draft.id] for draft in drafts]

    def sold_before(self, request: OrderRequest, at: datetime) -> Sequence[SoldLine]:
        return sold_before(request, at)


class DryRun:
    """Stores nothing, and answers as if it did."""

    client_id = 0

    def __init__(self) -> None:
        self._created: dict[str, PricedProduct] = {}
        self._orders: dict[str, list[OrderPlaced]] = defaultdict(list)  # by customer

    def products(self, skus: Collection[str]) -> dict[str, PricedProduct]:
        return products_with_history(skus) | {sku: self._created[sku] for sku in skus if sku in self._created}

    def create_products(self, products: Sequence[PricedProduct]) -> int:
        self._created |= {product.sku: product for product in products}
        return len(products)

    def place(self, drafts: Sequence[Draft]) -> list[Placement]:
        for draft in drafts:
            self._orders[draft.order.customer_id].append(draft.order)
        return [Placed(draft) for draft in drafts]

    def sold_before(self, request: OrderRequest, at: datetime) -> Sequence[SoldLine]:
        """The lines sold before, those of this run first: they can't be in the database, and none is invoiced."""
        skus = {line.sku for line in request.lines}
        orders = [order for order in self._orders[request.customer_id] if order.placed_at <= at]
        latest = sorted(orders, key=lambda order: order.placed_at, reverse=True)
        lines = [(order.order_id, line) for order in latest for line in order.lines if line.sku in skus]
        return [
            *(SoldLine(order_id, line.line_no, line.sku, line.unit_price, line.quantity) for order_id, line in lines),
            *sold_before(request, at),
        ]


def _place_with_retries(drafts: Sequence[Draft]) -> list[Placement]:
    """Place orders, again where other imports got in the way: what those were first to import is skipped then."""
    for attempt in range(1, _TRIES):
        try:
            return place_orders(drafts)
        except DatabaseError as error:
            if not _met_another_import(error):
                if not is_collision(error):
                    raise
                time.sleep(backoff(attempt))
    return place_orders(drafts)


def _met_another_import(error: DatabaseError) -> bool:
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == "order_imported_once_per_reference"
