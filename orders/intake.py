"""Storing orders: one set-based service behind `POST /orders`, `POST /orders/bulk` and `import_orders`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from api.idempotency import Claim, StoredAnswer, claim_all
from messaging import outbox
from messaging.tracing import tracing
from orders.drafts import Draft
from orders.events import OrderPlaced
from orders.models import Order
from orders.storing import store


@dataclass(frozen=True, slots=True)
class Placed:
    """The order is stored, and its event is on its way."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Answered:
    """Nothing was stored: the order's idempotency key was used before, and this was the answer then."""

    answer: StoredAnswer


@dataclass(frozen=True, slots=True)
class AlreadyImported:
    """Nothing was stored: an order with this reference was imported before."""


Outcome = Placed | Answered | AlreadyImported


@transaction.atomic
def place_orders(drafts: Sequence[Draft]) -> list[Outcome]:
    """Store orders, lines, events and idempotency records in one transaction; an outcome for each draft, in order.

    Raises:
        DatabaseError: none of them is stored.
    """
    answers = _claim(drafts)
    imported = _imported_before(drafts)
    outcomes = [_outcome(draft, answers, imported) for draft in drafts]
    _store([outcome.draft for outcome in outcomes if isinstance(outcome, Placed)])
    return outcomes


def _outcome(draft: Draft, answers: dict[Claim, StoredAnswer], imported: set[str]) -> Outcome:
    if draft.claim in answers:
        return Answered(answers[draft.claim])
    if _is_import(draft) and draft.request.reference in imported:
        return AlreadyImported()
    return Placed(draft)


def _claim(drafts: Iterable[Draft]) -> dict[Claim, StoredAnswer]:
    """The answers of those claims that somebody else has made before."""
    claims = list(dict.fromkeys(draft.claim for draft in drafts if draft.claim is not None))
    return claim_all(claims) if claims else {}


def _is_import(draft: Draft) -> bool:
    return draft.request.source == Order.Source.IMPORT


def _imported_before(drafts: Iterable[Draft]) -> set[str]:
    """References that were imported already. An import at this very moment meets a unique constraint instead."""
    references = [draft.request.reference for draft in drafts if _is_import(draft)]
    if not references:
        return set()
    imported = Order.objects.filter(source=Order.Source.IMPORT, reference__in=references)
    return set(imported.values_list("reference", flat=True))


def _store(drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    store(drafts)
    with tracing({str(draft.id): draft.request.trace for draft in drafts}):
        outbox.record_all(_placed_event(draft) for draft in drafts)


def _placed_event(draft: Draft) -> OrderPlaced:
    request, totals = draft.request, draft.totals
    return OrderPlaced(
        order_id=draft.id,
        reference=request.reference,
        customer_id=request.customer_id,
        client_id=request.client_id,
        currency=draft.currency,
        lines=draft.lines,
        taxes=totals.taxes,
        net=totals.net,
        tax=totals.tax,
        total=totals.total,
        placed_at=draft.placed_at,
        allow_backorder=request.allow_backorder,
    )
