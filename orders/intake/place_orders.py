"""Placing orders: the use case behind `POST /orders`, `POST /orders/bulk` and `import_orders`, by sets of orders.

A request of the API goes through `decide`, then `submit_orders`, between which its response is made: the response is
stored in the transaction of the orders, so that whoever asks again with the same Idempotency-Key gets it back, whatever
changed since. Imports price their orders themselves, and call `place_orders`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.db import OperationalError
from django.utils import timezone
from msgspec.structs import replace

from api.exceptions import IdempotencyKeyInUse
from api.idempotency import Claim, IdempotentRequest, StoredResponse, is_met_claim
from common import tracing
from common.errors import ErrorBudget, FieldError, Invalid
from common.traceparents import is_sampled
from orders.catalogue import PricedProduct, products_for
from orders.exceptions import OrderRefused, PriceNotAllowed
from orders.intake.drafts import (
    AlreadyImported,
    Draft,
    DuplicateKey,
    InvalidRequest,
    OrderRequest,
    Placed,
    Placement,
)
from orders.intake.group_commit import Submission, Writers
from orders.intake.pricing import price, skus_of, wrong_lines
from orders.intake.store import store
from orders.models import Order
from orders.selectors import imported_references

Decision = Draft | Invalid  # on an order: as it will be stored, or why it is rejected


def decide(
    orders: Sequence[OrderRequest | InvalidRequest],
    *,
    request: IdempotentRequest,
    may_set_prices: bool,
    budget: ErrorBudget,
) -> list[Decision] | StoredResponse:
    """A decision on each order of a request, by the prices of the catalogue; or the first response to the request.

    A used key is looked up before an order is rejected, since the reason may be newer than the first response. Where
    nothing is rejected, the statement that stores the orders finds out (`PendingOrders.first_response`): no order costs
    a query for its key alone.

    Args:
        orders: those that are invalid already stay so; what the catalogue says of their lines is added.
        budget: of the errors of the response, of which those of invalid orders are taken already.

    Raises:
        IdempotencyKeyReused: of the request's key.
    """
    skus = skus_of(order for order in orders if isinstance(order, OrderRequest))
    products = products_for(skus.union(*(order.skus.values() for order in orders if isinstance(order, InvalidRequest))))
    decisions = [
        _decide(order, products, may_set_prices=may_set_prices)
        if isinstance(order, OrderRequest)
        else _with_lines(order, products, budget, may_set_prices=may_set_prices)
        for order in orders
    ]
    if any(isinstance(decision, Invalid) for decision in decisions) and (first := request.first_response()):
        return first
    return decisions


def submit_orders(
    drafts: Sequence[Draft], *, request: IdempotentRequest, status: int, body: bytes, location: str = ""
) -> "PendingOrders":
    """Have orders stored together, with the response to their request. Does not block.

    Raises:
        Overloaded: too many orders wait to be stored.
    """
    claim = request.claim(status=status, body=body, location=location)
    return PendingOrders(request, writers.submit([replace(draft, claim=claim) for draft in drafts]))


@dataclass(frozen=True, slots=True)
class PendingOrders:
    """The orders of a request, which are being stored under its key: all of them or none."""

    request: IdempotentRequest
    submission: Submission

    @property
    def drafts(self) -> Sequence[Draft]:
        return self.submission.drafts

    @property
    def outcomes(self) -> "Future[list[Placement]]":
        return self.submission.outcomes

    def first_response(self, timeout: float) -> StoredResponse | None:
        """The response to this request when it came first; None if this is the first time, and the orders are stored.

        Args:
            timeout: seconds to wait for the outcome.

        Raises:
            Overloaded, OutcomeUnknown, DatabaseError: see Submission.result.
            IdempotencyKeyReused, IdempotencyKeyInUse: of the key.
        """
        try:
            outcomes = self.submission.result(timeout)
        except OperationalError as error:
            if is_met_claim(error):
                raise IdempotencyKeyInUse from error
            raise
        if all_placed(outcomes):
            return None
        if first := self.request.first_response():
            return first
        raise IdempotencyKeyInUse  # it was, until just now


def all_placed(outcomes: Sequence[Placement]) -> bool:
    """Whether the orders of one request are stored: all are, or none is, since they share one claim."""
    return isinstance(outcomes[0], Placed)


def place_orders(drafts: Sequence[Draft]) -> list[Placement]:
    """Store orders, lines, events and idempotency records in one transaction; an outcome for each draft, in order.

    Raises:
        DatabaseError: none of them is stored.
    """
    with tracing.batch("store orders", _sampled_parts(drafts)):
        imported = _imported_before(drafts)
        kept = store([draft for draft in drafts if draft.id not in imported])
    return [_outcome(draft, imported, kept) for draft in drafts]


writers = Writers(place_orders)


def _decide(order: OrderRequest, products: Mapping[str, PricedProduct], *, may_set_prices: bool) -> Decision:
    own_prices = [] if may_set_prices else _own_prices(order)
    try:
        draft = price(order, products)
    except OrderRefused as refused:
        return PriceNotAllowed([*_not_theirs(own_prices), *refused.errors]) if own_prices else refused
    return PriceNotAllowed(_not_theirs(own_prices)) if own_prices else draft


def _with_lines(
    order: InvalidRequest, products: Mapping[str, PricedProduct], budget: ErrorBudget, *, may_set_prices: bool
) -> Invalid:
    """What is wrong with the fields of an order, and with the lines of which the fields are right."""
    if budget.is_spent:
        return order.invalid
    not_theirs = () if may_set_prices else _not_theirs(order.own_prices)
    wrong = wrong_lines(order.skus, products, currency=order.currency, at=timezone.now())
    return Invalid([*order.invalid.errors, *budget.limit(chain(not_theirs, wrong))])


def _own_prices(order: OrderRequest) -> list[int]:
    return [index for index, line in enumerate(order.lines) if line.unit_price is not None]


def _not_theirs(own_prices: Iterable[int]) -> Iterator[FieldError]:
    return (FieldError(f"/lines/{index}/unit_price", "is not yours to set") for index in own_prices)


def _sampled_parts(drafts: Iterable[Draft]) -> Iterator[tracing.Part]:
    for draft in drafts:
        if is_sampled(draft.trace.traceparent):
            yield tracing.Part(draft.trace.traceparent, order_id=str(draft.id))


def _outcome(draft: Draft, imported: Collection[UUID], kept: Collection[Claim]) -> Placement:
    if draft.id in imported:
        return AlreadyImported()
    if draft.claim and draft.claim not in kept:
        return DuplicateKey()
    return Placed(draft)


def _imported_before(drafts: Iterable[Draft]) -> set[UUID]:
    """The ids of drafts whose reference was imported already. Two imports at once meet a unique constraint instead."""
    imports = [draft for draft in drafts if draft.source == Order.Source.IMPORT]
    if not imports:
        return set()
    references = imported_references(draft.order.reference for draft in imports)
    return {draft.id for draft in imports if draft.order.reference in references}
