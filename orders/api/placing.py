"""From a request to stored orders: check, price, store together with the answer, and answer.

The answer is made before anything is written, because it is written in the same transaction: whoever asks again with
the same Idempotency-Key gets it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from django.db import OperationalError
from msgspec.structs import replace
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from api import json
from api.exceptions import Invalid, KeyInUse
from api.idempotency import Claim
from api.models import IdempotencyRecord
from api.problems import problem_of, request_id_of
from api.request_ids import trace_of
from api.validation import parse
from common.postgres import is_lock_timeout
from messaging.events import Trace
from orders.api.keyed import KeyedRequest, client_id_of
from orders.api.schemas import BulkOut, BulkResult, OrderIn, as_request, draft_out
from orders.catalogue import products_for
from orders.drafts import Draft, OrderRequest
from orders.exceptions import OrderRefused, PriceNotAllowed, Problem
from orders.group_commit import place_together
from orders.intake import Answered
from orders.pricing import price, skus_of

log = structlog.get_logger(__name__)

Refused = Invalid | OrderRefused

_IDS_IN_A_LINE = 100  # log collectors break lines of more than 16 kB


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST is answered; `replayed` if it is the answer of the first time."""

    status: int
    body: bytes
    location: str = ""
    replayed: bool = False


def place_one(request: Request, order: OrderIn) -> Answer:
    """Raises:
    OrderRefused: names every line that can't be.
    KeyReused, KeyInUse: of the Idempotency-Key.
    IntakeOverloaded, IntakeTimeout: see orders.group_commit.
    """
    keyed, asker = KeyedRequest(request), _Asker(request)
    try:
        draft = _price_all([asker.asks_for(order)])[0]
        if isinstance(draft, OrderRefused):
            raise draft
    except OrderRefused:
        # Prices and permissions change: what was accepted under this key at first is accepted still.
        if first := _first_answer(keyed):
            return first
        raise
    url = asker.url_of(draft)
    return _store(keyed, [draft], Answer(HTTPStatus.CREATED, json.encode(draft_out(draft, url)), url))


def place_many(request: Request, orders: Sequence[object]) -> Answer:
    """As `place_one` for each order; one that is refused does not keep the others from being accepted."""
    asker = _Asker(request)
    drafts = _drafts(asker, orders)
    accepted = [draft for draft in drafts if isinstance(draft, Draft)]
    results = [_result(asker, index, draft) for index, draft in enumerate(drafts)]
    body = json.encode(BulkOut(accepted=len(accepted), refused=len(drafts) - len(accepted), results=results))
    return _store(KeyedRequest(request), accepted, Answer(HTTPStatus.OK, body))


class _Asker:
    """What all orders of a request have in common; looked up once, since there may be hundreds."""

    def __init__(self, request: Request) -> None:
        self.request_id = request_id_of(request)
        self._client_id = client_id_of(request)
        self._trace = Trace(*trace_of(request))
        self._user = request.user
        self._origin = f"{request.scheme}://{request.get_host()}"

    def asks_for(self, order: OrderIn) -> OrderRequest:
        """Raises:
        PriceNotAllowed: an order has prices that the client may not set.
        """
        priced_by_client = [index for index, line in enumerate(order.lines) if line.unit_price is not None]
        if priced_by_client and not self._user.has_perm("orders.set_price"):
            raise PriceNotAllowed(
                [Problem(f"/lines/{index}/unit_price", "is not yours to set") for index in priced_by_client]
            )
        return as_request(order, client_id=self._client_id, trace=self._trace)

    def url_of(self, draft: Draft) -> str:
        return f"{self._origin}/orders/{draft.id}"


def _drafts(asker: _Asker, orders: Sequence[object]) -> list[Draft | Refused]:
    """A draft for each order, or why there is none."""
    parsed = [_parsed(asker, order) for order in orders]
    priced = iter(_price_all([item for item in parsed if isinstance(item, OrderRequest)]))
    return [next(priced) if isinstance(item, OrderRequest) else item for item in parsed]


def _parsed(asker: _Asker, order: object) -> OrderRequest | Refused:
    try:
        return asker.asks_for(parse(order, OrderIn))
    except (Invalid, OrderRefused) as refused:
        return refused


def _price_all(requests: Sequence[OrderRequest]) -> list[Draft | OrderRefused]:
    products = products_for(skus_of(requests))
    drafts: list[Draft | OrderRefused] = []
    for request in requests:
        try:
            drafts.append(price(request, products))
        except OrderRefused as refused:
            drafts.append(refused)
    return drafts


def _result(asker: _Asker, index: int, draft: Draft | Refused) -> BulkResult:
    if isinstance(draft, Draft):
        return BulkResult(index=index, status=HTTPStatus.CREATED, order=draft_out(draft, asker.url_of(draft)))
    problem = problem_of(draft, request_id=asker.request_id)
    assert problem is not None, f"{draft!r} is no known problem"
    return BulkResult(index=index, status=problem.status, problem=problem)


def _store(keyed: KeyedRequest, drafts: Sequence[Draft], answer: Answer) -> Answer:
    """Store the drafts and the answer in one transaction, or find what was answered before."""
    if not drafts:
        return answer
    claim = keyed.claim(status=answer.status, body=answer.body, location=answer.location)
    outcomes = _place([replace(draft, claim=claim) for draft in drafts], claim)
    if isinstance(outcomes[0], Answered):  # all of them: they share the claim
        if first := _first_answer(keyed):
            return first
        raise KeyInUse(KeyInUse.__doc__)  # it was, until a moment ago
    _name_in_log(drafts)
    return answer


def _first_answer(keyed: KeyedRequest) -> Answer | None:
    first = keyed.first_answer()
    return Answer(first.status, first.body.encode(), first.location, replayed=True) if first else None


def _name_in_log(drafts: Sequence[Draft]) -> None:
    """One in the request's own line, many in a few: a line for each would be a good part of what an order costs."""
    ids = [str(draft.id) for draft in drafts]
    if len(ids) == 1:
        bind_contextvars(order_id=ids[0])
    else:
        for start in range(0, len(ids), _IDS_IN_A_LINE):
            log.info("orders_placed", order_ids=ids[start : start + _IDS_IN_A_LINE])


def _place(drafts: Sequence[Draft], claim: Claim | None) -> Sequence[object]:
    try:
        return place_together(drafts)
    except OperationalError as error:
        if claim is not None and _met_another_claim(error):
            raise KeyInUse(KeyInUse.__doc__) from error
        raise


def _met_another_claim(error: OperationalError) -> bool:
    """Whether the lock that did not come in time was another transaction's claim of the key, and no lock on a table."""
    context = getattr(getattr(error.__cause__, "diag", None), "context", None) or ""
    return is_lock_timeout(error) and IdempotencyRecord._meta.db_table in context
