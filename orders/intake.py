"""Storing orders: one set-based service behind `POST /orders`, `POST /orders/bulk` and `import_orders`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from api.idempotency import Claim
from orders.drafts import Draft
from orders.models import Order
from orders.storing import store


@dataclass(frozen=True, slots=True)
class Placed:
    """The order is stored, and its event is on its way."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Answered:
    """Nothing was stored: the order's idempotency key was used before. `api.idempotency` has the answer of then."""


@dataclass(frozen=True, slots=True)
class AlreadyImported:
    """Nothing was stored: an order with this reference was imported before."""


Outcome = Placed | Answered | AlreadyImported


def place_orders(drafts: Sequence[Draft]) -> list[Outcome]:
    """Store orders, lines, events and idempotency records in one transaction; an outcome for each draft, in order.

    Raises:
        DatabaseError: none of them is stored.
    """
    imported = _imported_before(drafts)
    kept = store([draft for draft in drafts if not _is_among(imported, draft)])
    return [_outcome(draft, imported, kept) for draft in drafts]


def _outcome(draft: Draft, imported: Collection[str], kept: Collection[Claim]) -> Outcome:
    if _is_among(imported, draft):
        return AlreadyImported()
    if draft.claim and draft.claim not in kept:
        return Answered()
    return Placed(draft)


def _is_import(draft: Draft) -> bool:
    return draft.request.source == Order.Source.IMPORT


def _is_among(imported: Collection[str], draft: Draft) -> bool:
    return _is_import(draft) and draft.request.reference in imported


def _imported_before(drafts: Iterable[Draft]) -> set[str]:
    """References that were imported already. An import at this very moment meets a unique constraint instead."""
    references = [draft.request.reference for draft in drafts if _is_import(draft)]
    if not references:
        return set()
    imported = Order.objects.filter(source=Order.Source.IMPORT, reference__in=references)
    return set(imported.values_list("reference", flat=True))
