"""Expected errors as problems: the status by their base, the type by their name."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from structlog.testing import capture_logs

from api import exceptions as edge
from api.logins.exceptions import Busy
from api.problems import problem_of, response_to
from common.changed_rows import PositionUnknown
from common.errors import Conflict, Invalid, NotFound, OrderflowError, Overloaded
from inventory.exceptions import BookingRefused, OnHandRefused, UnknownSku
from invoicing import exceptions as invoicing
from orders import exceptions as orders

# Clients tell problems by these names: they stay, whatever the classes are called.
NAMED = [
    (edge.NotJSON(), 400, "not-json"),
    (edge.BadHeader(), 400, "bad-header"),
    (edge.BadParameters([]), 400, "bad-parameters"),
    (edge.LengthRequired(), 411, "length-required"),
    (edge.PreconditionFailed(), 412, "precondition-failed"),
    (edge.BodyTooLarge(), 413, "body-too-large"),
    (edge.CompressedBody(), 415, "compressed-body"),
    (edge.HttpsRequired(), 403, "https-required"),
    (edge.RateLimited(wait=3), 429, "rate-limited"),
    (edge.TooManyUnknownTokens(wait=3), 429, "too-many-unknown-tokens"),
    (edge.IdempotencyKeyReused(), 422, "idempotency-key-reused"),
    (edge.IdempotencyKeyInUse(), 409, "idempotency-key-in-use"),
    (OperationalError("secret"), 503, "database-unavailable"),
    (InterfaceError("secret"), 503, "database-unavailable"),
    (Busy(), 503, "busy"),
    (Invalid([]), 422, "invalid"),
    (Overloaded("full"), 503, "overloaded"),
    (orders.OrderRefused([]), 422, "order-refused"),
    (orders.PriceNotAllowed([]), 403, "price-not-allowed"),
    (orders.IllegalTransition("placed", "fulfilled"), 409, "illegal-transition"),
    (orders.OutcomeUnknown(), 503, "outcome-unknown"),
    (orders.OrderNotCancellable("fulfilled"), 409, "order-not-cancellable"),
    (orders.OrderNotFulfillable("placed"), 409, "order-not-fulfillable"),
    (orders.LinesRefused([]), 422, "lines-refused"),
    (orders.QuantityNotOpen([]), 409, "quantity-not-open"),
    (orders.TooManyShipments(), 409, "too-many-shipments"),
    (orders.ProductExists("MUG"), 409, "product-exists"),
    (orders.ProductRefused([]), 422, "product-refused"),
    (orders.PriceExists("MUG", "GBP", datetime(2199, 1, 1, tzinfo=UTC)), 409, "price-exists"),
    (orders.PriceInThePast(), 422, "price-in-the-past"),
    (orders.OwnPriceNeeded("MUG", "GBP"), 422, "own-price-needed"),
    (orders.PriceHolds(datetime(2199, 1, 1, tzinfo=UTC)), 409, "price-holds"),
    (orders.PriceWithdrawn(), 409, "price-withdrawn"),
    (PositionUnknown(), 400, "position-unknown"),
    (OnHandRefused([]), 409, "on-hand-refused"),
    (BookingRefused([]), 409, "booking-refused"),
    (invoicing.MoreThanBilled([]), 409, "more-than-billed"),
    (invoicing.NothingLeftToCredit(), 409, "nothing-left-to-credit"),
    (invoicing.NotAnInvoice(), 409, "not-an-invoice"),
]
TOLD_BY_STATUS = [
    (orders.UnknownProduct("MUG"), 404),
    (orders.UnknownOrder("x"), 404),
    (orders.UnknownPrice(), 404),
    (UnknownSku("MUG"), 404),
    (invoicing.UnknownInvoice("INV-1"), 404),
    (Http404("nothing"), 404),
    (PermissionDenied("secret"), 403),
    (SuspiciousOperation("secret"), 400),
    (UnreadablePostError("secret"), 400),
]


@pytest.mark.parametrize(("error", "status", "name"), NAMED, ids=lambda value: str(value)[:30])
def test_a_foreseen_error_has_a_status_and_a_name(error, status, name):
    problem = problem_of(error)

    assert problem is not None
    assert (problem.status, problem.type) == (status, f"urn:orderflow:problem:{name}")
    assert problem.title
    assert problem.detail
    assert "secret" not in problem.detail


@pytest.mark.parametrize(("error", "status"), TOLD_BY_STATUS, ids=lambda value: type(value).__name__)
def test_some_say_no_more_than_their_status(error, status):
    problem = problem_of(error)

    assert problem is not None
    assert (problem.status, problem.type) == (status, "about:blank")
    assert problem.detail
    assert "secret" not in problem.detail


def test_an_error_that_is_not_foreseen_is_a_fault():
    assert problem_of(KeyError("ours")) is None
    assert problem_of(OrderflowError("of no kind")) is None


def test_a_message_is_the_docstring_unless_there_is_a_better_one():
    assert str(edge.IdempotencyKeyReused()) == "This Idempotency-Key was used before, for another request."
    assert str(Overloaded("full")) == "full"


@pytest.mark.parametrize("module", [edge, orders])
def test_each_error_of_the_edge_and_of_orders_is_of_a_kind(module):
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    tested = {type(error) for error, *_ in [*NAMED, *TOLD_BY_STATUS]} | {edge.DatabaseUnavailable}

    assert own
    assert set(own) <= tested
    assert all(issubclass(each, Exception) for each in own)
    assert {NotFound, Conflict, Invalid}.isdisjoint(own)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("it is\naway"), [("database_unavailable", "PostgreSQL does not answer: it is away")]),
        (Overloaded("full"), [("request_not_served", "full")]),
        (Conflict("no"), []),
    ],
)
def test_why_a_response_is_503_is_a_warning_in_the_log(error, said):
    with capture_logs() as log:
        response_to(error, "a-request")

    assert [(line["event"], line["reason"]) for line in log] == said
    assert all(line["log_level"] == "warning" for line in log)
