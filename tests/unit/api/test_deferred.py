import json
from concurrent.futures import Future

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from api.deferred import SERVER_WAITS, DeferredResponse, DeferredResponseMiddleware
from api.exceptions import IdempotencyKeyReused


def fail(error: Exception):
    def otherwise():
        raise error

    return otherwise


def deferred(outcome: "Future[str]", otherwise=lambda: HttpResponse("otherwise", status=503)) -> DeferredResponse:
    return DeferredResponse(
        b"stored",
        status=201,
        headers={"Location": "/orders/1", "X-Frame-Options": "DENY"},
        outcome=outcome,
        timeout=0.01,
        is_expected=lambda result: result == "stored",
        otherwise=otherwise,
        request_id="mine",
    )


def done(result: object) -> "Future[str]":
    outcome: Future[str] = Future()
    if isinstance(result, Exception):
        outcome.set_exception(result)
    else:
        outcome.set_result(result)
    return outcome


def test_with_the_expected_outcome_it_is_sent_as_it_is():
    response = deferred(done("stored"))

    assert response.settle_at_once() is response
    assert response.settle() is response


@pytest.mark.parametrize("outcome", [done("another"), done(OperationalError()), Future()])
def test_with_any_other_outcome_another_response_takes_its_place(outcome):
    response = deferred(outcome)

    assert response.settle_at_once() is None
    sent = response.settle()
    assert (sent.status_code, sent.content) == (503, b"otherwise")


def test_the_other_response_has_what_middleware_gave_the_first_but_not_what_was_about_its_body():
    sent = deferred(done("another")).settle()

    assert sent["X-Frame-Options"] == "DENY"
    assert "Location" not in sent


@pytest.mark.parametrize(
    ("error", "status"), [(IdempotencyKeyReused("used"), 422), (OperationalError(), 503), (KeyError("ours"), 500)]
)
def test_an_error_becomes_a_problem_with_the_id_of_the_request(error, status):
    sent = deferred(done("another"), fail(error)).settle()

    problem = json.loads(sent.content)
    assert (sent.status_code, sent["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["request_id"]) == (status, "mine")
    assert "ours" not in problem["detail"]


def test_a_response_without_an_alternative_is_sent_as_it_is():
    outcome: Future[str] = Future()
    response = deferred(outcome, otherwise=lambda: None)

    assert response.settle() is response


def test_callbacks_are_told_once_what_is_sent_in_the_context_in_which_they_were_added():
    told: list[object] = []
    response = deferred(done("another"))
    bind_contextvars(request_id="mine")
    response.add_post_settle_callback(lambda sent: told.append((sent.status_code, get_contextvars()["request_id"])))
    clear_contextvars()

    response.settle()

    assert told == [(503, "mine")]


def test_the_middleware_waits_for_a_response_where_the_server_does_not():
    response = deferred(done("stored"))
    middleware = DeferredResponseMiddleware(lambda request: response)

    assert middleware(RequestFactory().get("/")) is response
    assert isinstance(
        DeferredResponseMiddleware(lambda _: deferred(done("another")))(RequestFactory().get("/")), HttpResponse
    )


def test_a_server_that_waits_gets_the_deferred_response_itself():
    response = deferred(Future())
    request = RequestFactory().get("/", **{SERVER_WAITS: True})

    assert DeferredResponseMiddleware(lambda _: response)(request) is response
