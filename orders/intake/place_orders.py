"""Placing orders: the use case behind `POST /orders`, `POST /orders/bulk` and `import_orders`, by sets of orders."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.idempotency import Claim
from common.errors import FieldError
from orders.catalogue import PricedProduct, products_for
from orders.exceptions import OrderRefused, PriceNotAllowed
from orders.intake.drafts import Draft, OrderRequest
from orders.intake.pricing import price, skus_of
from orders.intake.store import store
from orders.models import Order


@dataclass(frozen=True, slots=True)
class Placed:
    """The order is stored, and its event is on its way."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """Nothing was stored: the order's idempotency key was used before. `api.idempotency` has the response of then."""


@dataclass(frozen=True, slots=True)
class AlreadyImported:
    """Nothing was stored: an order with this reference was imported before."""


Outcome = Placed | DuplicateKey | AlreadyImported


def price_orders(requests: Sequence[OrderRequest], *, may_set_prices: bool) -> list[Draft | OrderRefused]:
    """A draft for each request with the prices of the catalogue, or why there can be none."""
    products = products_for(skus_of(requests))
    return [_priced(request, products, may_set_prices=may_set_prices) for request in requests]


def place_orders(drafts: Sequence[Draft]) -> list[Outcome]:
    """Store orders, lines, events and idempotency records in one transaction; an outcome for each draft, in order.

    Raises:
        DatabaseError: none of them is stored.
    """
    imported = _imported_before(drafts)
    kept = store([draft for draft in drafts if not _is_among(imported, draft)])
    return [_outcome(draft, imported, kept) for draft in drafts]


def _priced(
    request: OrderRequest, products: Mapping[str, PricedProduct], *, may_set_prices: bool
) -> Draft | OrderRefused:
    if not may_set_prices:
        own_prices = [index for index, line in enumerate(request.lines) if line.unit_price is not None]
        if own_prices:
            return PriceNotAllowed(
                [FieldError(f"/lines/{index}/unit_price", "is not yours to set") for index in own_prices]
            )
    try:
        return price(request, products)
    except OrderRefused as refused:
        return refused


def _outcome(draft: Draft, imported: Collection[str], kept: Collection[Claim]) -> Outcome:
    if _is_among(imported, draft):
        return AlreadyImported()
    if draft.claim and draft.claim not in kept:
        return DuplicateKey()
    return Placed(draft)


def _is_import(draft: Draft) -> bool:
    return draft.source == Order.Source.IMPORT


def _is_among(imported: Collection[str], draft: Draft) -> bool:
    return _is_import(draft) and draft.order.reference in imported


def _imported_before(drafts: Iterable[Draft]) -> set[str]:
    """References that were imported already. An import at this very moment meets a unique constraint instead."""
    references = [draft.order.reference for draft in drafts if _is_import(draft)]
    if not references:
        return set()
    imported = Order.objects.filter(source=Order.Source.IMPORT, reference__in=references)
    return set(imported.values_list("reference", flat=True))
