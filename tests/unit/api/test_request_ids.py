"""Request ids, trace contexts, and the one line that a request leaves in the log."""

import re
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from structlog.contextvars import bind_contextvars, get_contextvars
from structlog.testing import capture_logs

from api.request_ids import RequestIdMiddleware, trace_of

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def handle(view=lambda request: HttpResponse(), path="/orders", **headers: str):
    request = RequestFactory().post(path + "?secret=1", headers=headers)
    with capture_logs() as lines:
        response = RequestIdMiddleware(view)(request)
    return request, response, lines


def test_a_request_id_of_the_client_is_kept_and_returned():
    request, response, _ = handle(**{"x-request-id": "abc-123"})
    assert request.request_id == response["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "\xe9", "a\tb", "a\nb"])
def test_a_request_id_that_is_none_is_replaced(given):
    request, response, _ = handle(**{"x-request-id": given})
    assert UUID(request.request_id).version == 7
    assert response["X-Request-ID"] == request.request_id


def test_the_trace_context_of_the_client_is_passed_on():
    request, _, _ = handle(traceparent=TRACEPARENT)
    assert trace_of(request) == (request.request_id, TRACEPARENT)


@pytest.mark.parametrize(
    "given", ["", "nonsense", TRACEPARENT.upper(), "ff" + TRACEPARENT[2:], "00-" + "0" * 32 + "-00f067aa0ba902b7-01"]
)
def test_a_trace_context_that_is_none_is_replaced_by_a_new_one(given):
    request, _, _ = handle(traceparent=given)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", request.traceparent)
    assert request.traceparent != given


def test_a_request_leaves_one_line_without_its_query():
    _, _, (line,) = handle()
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("POST", "/orders", 200)
    assert line["duration_ms"] >= 0
    assert "secret" not in str(line)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_probes_leave_no_line_at_the_usual_level(path):
    _, _, lines = handle(path=path)
    assert lines == []


def test_what_a_view_binds_does_not_leak_into_the_next_request():
    seen = []

    def view(request):
        seen.append(get_contextvars().keys())
        bind_contextvars(order_id="1")
        return HttpResponse()

    handle(view)
    handle(view)
    assert seen == [{"request_id"}, {"request_id"}]
