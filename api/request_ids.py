"""Request ids and trace contexts: in requests and responses, in log lines, and in events."""

import re
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars, clear_contextvars
from uuid_utils import uuid7

from api.deferred import DeferredResponse
from common.traceparents import normalized

log = structlog.get_logger("orderflow.requests")

HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
PROBES = ("/health", "/metrics")  # requested every few seconds, and logged at the level debug


class RequestIdMiddleware:
    """Takes the client's request id and trace context or makes them, returns the id, and logs a line for each request.

    Views may add fields to the line, by `bind_contextvars` or as `log_fields` of a response. It has nothing of the body
    or the query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = _identify(request)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self._get_response(request)
        finish = partial(_finish, request, request_id, started)
        if isinstance(response, DeferredResponse):
            response.add_post_settle_callback(finish)
        else:
            finish(response)
        return response


def _finish(request: HttpRequest, request_id: str, started: float, response: HttpResponseBase) -> None:
    response.headers[HEADER] = request_id
    (log.debug if request.path.startswith(PROBES) else log.info)(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=round((time.perf_counter() - started) * 1000, 1),
        **getattr(response, "log_fields", {}),
    )


def trace_of(request: HttpRequest | Request) -> tuple[str, str]:
    """The request's id and its W3C `traceparent`, for the events that it causes."""
    return getattr(request, "request_id", ""), getattr(request, "traceparent", "")


def _identify(request: HttpRequest) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    new = str(uuid7())
    request_id = given if REQUEST_ID.fullmatch(given) else new
    request.request_id = request_id  # type: ignore[attr-defined]
    request.traceparent = (  # type: ignore[attr-defined]
        normalized(request.META.get("HTTP_TRACEPARENT", "")) or _traceparent(new.replace("-", ""))
    )
    return request_id


def _traceparent(unique: str) -> str:
    return f"00-{unique}-{unique[16:]}-00"
