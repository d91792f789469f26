"""From a request to placed orders: parse, have them priced and stored together with the response, and respond.

The response is made before anything is written, because it is written in the same transaction: whoever asks again with
the same Idempotency-Key gets it back, whatever changed since. So a key is looked up before a request is rejected, and
otherwise claimed by the statement that stores the orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import msgspec
import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponseBase
from msgspec.structs import replace
from rest_framework.request import Request
from rest_framework.response import Response

from api import json
from api.deferred import DeferredResponse
from api.exceptions import IdempotencyKeyInUse
from api.idempotency import IdempotentRequest, StoredResponse, is_met_claim
from api.problems import problem_of, request_id_of
from api.request_ids import trace_of
from api.validation import parse
from common.errors import ErrorBudget, FieldError, Invalid
from messaging.events import Trace
from orders.api.schemas import MAX_BULK_LINES, BulkOut, BulkResult, OrderIn, as_request, order_out
from orders.exceptions import OrderRefused
from orders.intake.drafts import Draft, OrderRequest
from orders.intake.group_commit import Submission, submit_together
from orders.intake.place_orders import Outcome, Placed, price_orders

log = structlog.get_logger(__name__)

Rejection = Invalid | OrderRefused

_IDS_IN_A_LINE = 100  # log collectors break lines of more than 16 kB


@dataclass(frozen=True, slots=True)
class PendingResponse:
    """The response to a request whose orders are being stored."""

    status: HTTPStatus
    body: bytes
    location: str
    request: IdempotentRequest
    request_id: str
    submission: Submission

    def deferred(self) -> DeferredResponse:
        """For a server that waits for the outcome."""
        response = DeferredResponse(
            self.body,
            status=self.status,
            headers=self.headers,
            content_type="application/json",
            outcome=self.submission.outcomes,
            timeout=settings.INTAKE_TIMEOUT.total_seconds(),
            is_expected=_all_placed,
            otherwise=self._otherwise,
            request_id=self.request_id,
        )
        response.add_post_settle_callback(partial(_log_orders, response, self.submission.drafts))
        return response

    def wait(self) -> Response:
        """For a renderer that shows the response in a page.

        Raises:
            Overloaded, OutcomeUnknown, DatabaseError: see Submission.result.
            IdempotencyKeyReused, IdempotencyKeyInUse: of the Idempotency-Key.
        """
        first = self._first_response(settings.INTAKE_TIMEOUT.total_seconds())
        return first.replay() if first else rendered(self.status, self.body, self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Location": self.location} if self.location else {}

    def _otherwise(self) -> HttpResponseBase | None:
        first = self._first_response(0)
        return first.replay_as_json() if first else None

    def _first_response(self, timeout: float) -> StoredResponse | None:
        """None if this is the first request with its key."""
        try:
            outcomes = self.submission.result(timeout)
        except OperationalError as error:
            if is_met_claim(error):
                raise IdempotencyKeyInUse from error
            raise
        if _all_placed(outcomes):
            return None
        if first := self.request.first_response():
            return first
        raise IdempotencyKeyInUse  # it was, until just now


def place_one(request: Request, order: OrderIn) -> PendingResponse | StoredResponse:
    """Raises:
    OrderRefused: names every line that can't be.
    IdempotencyKeyReused: of the Idempotency-Key.
    Overloaded: too many orders wait to be stored.
    """
    idempotent, client = IdempotentRequest(request), _Client(request)
    (draft,) = client.price([client.request_for(order)])
    if isinstance(draft, OrderRefused):
        if first := idempotent.first_response():
            return first
        raise draft
    url = client.url_of(draft)
    body = json.encode(order_out(draft.order, url))
    return _submit(idempotent, client, [draft], status=HTTPStatus.CREATED, body=body, location=url)


def place_many(request: Request, orders: Sequence[object]) -> PendingResponse | StoredResponse | Response:
    """As `place_one` for each order; one that is rejected does not keep the others from being accepted.

    Raises:
        Invalid: the orders have too many lines together.
    """
    idempotent, client = IdempotentRequest(request), _Client(request)
    if first := idempotent.first_response():
        return first
    _limit_lines(orders)
    budget = ErrorBudget()
    drafts = _drafts(client, orders, budget)
    accepted = [draft for draft in drafts if isinstance(draft, Draft)]
    results = [_result(client, index, draft, budget) for index, draft in enumerate(drafts)]
    body = json.encode(BulkOut(accepted=len(accepted), refused=len(drafts) - len(accepted), results=results))
    if accepted:
        return _submit(idempotent, client, accepted, status=HTTPStatus.OK, body=body)
    return idempotent.once(lambda: rendered(HTTPStatus.OK, body, {}))


def rendered(status: HTTPStatus, body: bytes, headers: dict[str, str]) -> Response:
    """JSON for whichever renderer the client asks for."""
    return Response(msgspec.Raw(body), status=status, headers=headers)


class _Client:
    """What all orders of a request have in common; looked up once, since there may be hundreds."""

    def __init__(self, request: Request) -> None:
        self.request_id = request_id_of(request)
        self._user = request.user
        self._trace = Trace(*trace_of(request))
        self._origin = f"{request.scheme}://{request.get_host()}"

    def request_for(self, order: OrderIn) -> OrderRequest:
        assert self._user.pk is not None
        return as_request(order, client_id=self._user.pk, trace=self._trace)

    def price(self, requests: Sequence[OrderRequest]) -> list[Draft | OrderRefused]:
        return price_orders(requests, may_set_prices=self._user.has_perm("orders.set_price"))

    def url_of(self, draft: Draft) -> str:
        return f"{self._origin}/orders/{draft.id}"


def _limit_lines(orders: Sequence[object]) -> None:
    """One transaction stores them all: their lines are bounded, not only their number."""
    lists = [order.get("lines") for order in orders if isinstance(order, dict)]
    lines = sum(len(lines) for lines in lists if isinstance(lines, list))
    if lines > MAX_BULK_LINES:
        detail = f"have {lines} lines together, and one request may have {MAX_BULK_LINES}: send them in several"
        raise Invalid([FieldError("/orders", detail)])


def _drafts(client: _Client, orders: Sequence[object], budget: ErrorBudget) -> list[Draft | Rejection]:
    """A draft for each order, or why there is none."""
    parsed = [_parsed(client, order, budget) for order in orders]
    priced = iter(client.price([item for item in parsed if isinstance(item, OrderRequest)]))
    return [next(priced) if isinstance(item, OrderRequest) else item for item in parsed]


def _parsed(client: _Client, order: object, budget: ErrorBudget) -> OrderRequest | Invalid:
    try:
        return client.request_for(parse(order, OrderIn, budget))
    except Invalid as invalid:
        return invalid


def _result(client: _Client, index: int, draft: Draft | Rejection, budget: ErrorBudget) -> BulkResult:
    if isinstance(draft, Draft):
        return BulkResult(index=index, status=HTTPStatus.CREATED, order=order_out(draft.order, client.url_of(draft)))
    problem = problem_of(draft, request_id=client.request_id)
    assert problem is not None, f"{draft!r} is no known problem"
    if isinstance(draft, OrderRefused):  # the errors of an invalid order were counted as they were found
        problem = replace(problem, errors=budget.limit(draft.errors))
    return BulkResult(index=index, status=problem.status, problem=problem)


def _submit(
    idempotent: IdempotentRequest,
    client: _Client,
    drafts: Sequence[Draft],
    *,
    status: HTTPStatus,
    body: bytes,
    location: str = "",
) -> PendingResponse:
    claim = idempotent.claim(status=status, body=body, location=location)
    submission = submit_together([replace(draft, claim=claim) for draft in drafts])
    return PendingResponse(status, body, location, idempotent, client.request_id, submission)


def _all_placed(outcomes: Sequence[Outcome]) -> bool:
    """All are, or none is: they share one claim."""
    return isinstance(outcomes[0], Placed)


def _log_orders(deferred: DeferredResponse, drafts: Sequence[Draft], sent: HttpResponseBase) -> None:
    """One in the request's own line, many in a few: a line for each would be a good part of what an order costs."""
    if sent is not deferred:
        return
    ids = [str(draft.id) for draft in drafts]
    if len(ids) == 1:
        deferred.log_fields = {"order_id": ids[0]}
        return
    for start in range(0, len(ids), _IDS_IN_A_LINE):
        log.info("orders_placed", order_ids=ids[start : start + _IDS_IN_A_LINE])
