"""Placing many orders by one request: each is accepted or rejected by itself, and the accepted are stored together."""

from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpResponseBase
from msgspec.structs import replace
from rest_framework.request import Request

from api import json
from api.idempotency import StoredResponse
from api.problems import problem_of
from common.errors import ErrorBudget, FieldError, Invalid
from orders.api.placing import PlacingRequest, rendered
from orders.api.schemas import MAX_BULK_LINES, BulkOut, BulkResult, placed_out
from orders.exceptions import OrderRefused
from orders.intake.drafts import Draft
from orders.intake.place_orders import Decision


def place_many(request: Request, orders: Sequence[object]) -> HttpResponseBase:
    """200 and a result for each order.

    Raises:
        Invalid: the orders have too many lines together.
        IdempotencyKeyReused, IdempotencyKeyInUse: of the Idempotency-Key.
        Overloaded: too many orders wait to be stored.
    """
    _limit_lines(orders)
    placing, budget = PlacingRequest(request), ErrorBudget()
    decisions = placing.decide([placing.parsed(order, budget) for order in orders], budget)
    if isinstance(decisions, StoredResponse):
        return decisions.replay()
    accepted = [decision for decision in decisions if isinstance(decision, Draft)]
    results = [_result(placing, index, decision, budget) for index, decision in enumerate(decisions)]
    body = json.encode(BulkOut(accepted=len(accepted), refused=len(decisions) - len(accepted), results=results))
    if accepted:
        return placing.respond(accepted, status=HTTPStatus.OK, body=body)
    return placing.idempotent.once(lambda: rendered(HTTPStatus.OK, body, {}))


def _limit_lines(orders: Sequence[object]) -> None:
    """One transaction stores them all: their lines are bounded, not only their number."""
    lists = [order.get("lines") for order in orders if isinstance(order, dict)]
    lines = sum(len(lines) for lines in lists if isinstance(lines, list))
    if lines > MAX_BULK_LINES:
        detail = f"have {lines} lines together, and one request may have {MAX_BULK_LINES}: send them in several"
        raise Invalid([FieldError("/orders", detail)])


def _result(placing: PlacingRequest, index: int, decision: Decision, budget: ErrorBudget) -> BulkResult:
    if isinstance(decision, Draft):
        order = placed_out(decision.order, placing.url_of(decision))
        return BulkResult(index=index, status=HTTPStatus.CREATED, order=order)
    problem = problem_of(decision, request_id=placing.request_id)
    assert problem is not None, f"{decision!r} is no known problem"
    if isinstance(decision, OrderRefused):  # the errors of an invalid order were counted as they were found
        problem = replace(problem, errors=budget.limit(decision.errors))
    return BulkResult(index=index, status=problem.status, problem=problem)
