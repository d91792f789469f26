"""Placing orders over HTTP: a request as the use case takes it, and the response sent once its orders are stored.

`orders/intake/place_orders.py` decides and stores; `orders/api/bulk.py` has the requests with many orders.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.http import HttpResponseBase
from msgspec import UNSET
from rest_framework.request import Request
from rest_framework.response import Response

from api import json
from api.deferred import DeferredResponse
from api.idempotency import IdempotentRequest, StoredResponse
from api.request_ids import trace_of
from api.validation import body_of, parse
from common.errors import ErrorBudget, Invalid
from common.fields import parse_currency, parse_sku, parse_unit_price
from common.ids import texts_of_ids
from messaging.events import Trace
from orders.api.rendering import order_urls
from orders.api.schemas import MAX_LINES, OrderIn, as_request, placed_out
from orders.intake.drafts import Draft, InvalidRequest, OrderRequest
from orders.intake.place_orders import Decision, PendingOrders, all_placed, decide, submit_orders

log = structlog.get_logger(__name__)

_IDS_IN_A_LINE = 100  # log collectors break lines of more than 16 kB


def place_one(request: Request) -> HttpResponseBase:
    """201 and the order.

    Raises:
        NotJSON, BodyTooLarge, LengthRequired, UnsupportedMediaType: of the body.
        Invalid, OrderRefused: names every field that is wrong, and every line that can't be.
        IdempotencyKeyReused, IdempotencyKeyInUse: of the Idempotency-Key.
        Overloaded: too many orders wait to be stored.
    """
    data, budget = body_of(request), ErrorBudget()
    placing = PlacingRequest(request)
    decisions = placing.decide([placing.parsed(data, budget)], budget)
    if isinstance(decisions, StoredResponse):
        return decisions.replay()
    draft = decisions.pop()
    if isinstance(draft, Invalid):
        try:
            raise draft
        finally:
            del draft  # whose traceback has this frame: such a cycle would keep the request and its body
    url = placing.url_of(draft)
    body = json.encode(placed_out(draft.order, url))
    return placing.respond([draft], status=HTTPStatus.CREATED, body=body, location=url)


class PlacingRequest:
    """A request that places orders: whose it is, and where its orders will be found.

    Looked up once for all of its orders, since there may be hundreds.
    """

    def __init__(self, request: Request) -> None:
        self.idempotent = IdempotentRequest(request)
        self.request_id, traceparent = trace_of(request)
        self._user = request.user
        self._trace = Trace(self.request_id, traceparent)
        self._url_of = order_urls(request)
        self._takes_json = getattr(request, "accepted_media_type", "") == json.JSONRenderer.media_type

    def parsed(self, data: object, budget: ErrorBudget) -> OrderRequest | InvalidRequest:
        """An order as the use case takes it; one that is not valid, too, so that all is said of it at once."""
        try:
            order = parse(data, OrderIn, budget)
        except Invalid as invalid:
            return _invalid_request(data, invalid)
        return as_request(order, client_id=self.idempotent.client_id, trace=self._trace)

    def decide(
        self, orders: Sequence[OrderRequest | InvalidRequest], budget: ErrorBudget
    ) -> list[Decision] | StoredResponse:
        may_set_prices = self._user.has_perm("orders.set_price")
        return decide(orders, request=self.idempotent, may_set_prices=may_set_prices, budget=budget)

    def url_of(self, draft: Draft) -> str:
        return self._url_of(draft.id)

    def respond(
        self, drafts: Sequence[Draft], *, status: HTTPStatus, body: bytes, location: str = ""
    ) -> HttpResponseBase:
        """The response with this body once the orders are stored, or the first response to this request.

        JSON is deferred; the renderer of a page has to have the outcome, so it is waited for.
        """
        orders = submit_orders(drafts, request=self.idempotent, status=status, body=body, location=location)
        headers = {"Location": location} if location else {}
        if self._takes_json:
            return self._deferred(orders, body, status=status, headers=headers)
        first = orders.first_response(settings.INTAKE_TIMEOUT.total_seconds())
        return first.replay() if first else rendered(status, body, headers)

    def _deferred(self, orders: PendingOrders, body: bytes, **kwargs: object) -> DeferredResponse:
        response = DeferredResponse(
            body,
            content_type="application/json",
            outcome=orders.outcomes,
            timeout=settings.INTAKE_TIMEOUT.total_seconds(),
            is_expected=all_placed,
            otherwise=partial(_first_response, orders),
            request_id=self.request_id,
            **kwargs,
        )
        response.add_post_settle_callback(partial(_log_orders, response, orders.drafts))
        return response


def rendered(status: HTTPStatus, body: bytes, headers: dict[str, str]) -> Response:
    """JSON for whichever renderer the client asks for."""
    return Response(msgspec.Raw(body), status=status, headers=headers)


def _invalid_request(data: object, invalid: Invalid) -> InvalidRequest:
    """What is known of an order of which some fields are not valid: what is valid of its lines and its currency.

    So a client is told all that is wrong at once, also what only the catalogue knows.

    Args:
        data: decoded JSON, of which `invalid` says what is wrong.
    """
    order = data if isinstance(data, dict) else {}
    lines = dict(_objects_in(order.get("lines")))
    skus = {index: sku for index, line in lines.items() if (sku := _valid(parse_sku, line.get("sku")))}
    prices = {index: _valid(parse_unit_price, line.get("unit_price")) for index, line in lines.items()}
    own_prices = [index for index, price in prices.items() if price is not None]
    currency = order.get("currency")
    known = None if currency is None else _valid(parse_currency, currency) or UNSET
    return InvalidRequest(invalid=invalid, skus=skus, own_prices=own_prices, currency=known)


def _objects_in(lines: object) -> list[tuple[int, dict[str, Any]]]:
    """The lines that are JSON objects, with their indexes; none where there are more than an order may have."""
    if not isinstance(lines, list) or len(lines) > MAX_LINES:
        return []
    return [(index, line) for index, line in enumerate(lines) if isinstance(line, dict)]


def _valid(parse: Callable[[object], Any], value: object) -> Any:
    """The value as it is parsed; None if it is not valid."""
    try:
        return parse(value)
    except ValueError:
        return None


def _first_response(orders: PendingOrders) -> HttpResponseBase | None:
    first = orders.first_response(0)
    return first.replay_as_json() if first else None


def _log_orders(deferred: DeferredResponse, drafts: Sequence[Draft], sent: HttpResponseBase) -> None:
    """One in the request's own line, many in a few: a line for each would be a good part of what an order costs."""
    if sent is not deferred:
        return
    ids = texts_of_ids(draft.id for draft in drafts)
    if len(ids) == 1:
        deferred.log_fields = {"order_id": ids[0]}
        return
    for start in range(0, len(ids), _IDS_IN_A_LINE):
        log.info("orders_placed", order_ids=ids[start : start + _IDS_IN_A_LINE])
