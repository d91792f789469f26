"""Errors as responses: RFC 9457 problem details."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from msgspec.structs import replace
from prometheus_client import Counter
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response

from api.exceptions import (
    BodyTooLarge,
    CompressedBody,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    LengthRequired,
    PreconditionFailed,
)
from api.metrics import PROBLEMS
from common.database_problems import database_problem
from common.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    LimitReached,
    Malformed,
    NotFound,
    OrderflowError,
    ParameterError,
    Unavailable,
)
from common.postgres import is_unavailable
from common.text import shorten

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # the gaps between the words in the name of a class
_MAX_DETAIL = 500  # characters; some messages quote what a client sent
FAULT = "Something went wrong on our side. The request id helps to find out what."


if TYPE_CHECKING:
    Errors = Sequence[FieldError | ParameterError]
else:  # msgspec has no unions of structs that do not name their type
    Errors = Annotated[
        Sequence[Any],
        msgspec.Meta(
            extra_json_schema={
                "items": {
                    "anyOf": [{"$ref": f"#/components/schemas/{each}"} for each in ("FieldError", "ParameterError")]
                }
            }
        ),
    ]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, by RFC 9457. `type` says what kind of error it is, `errors` which fields or parameters are."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: Errors = ()


# The status of an expected error is that of its first base here; its problem type is the name of its class.
_STATUSES: Mapping[type[OrderflowError], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    LengthRequired: HTTPStatus.LENGTH_REQUIRED,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    CompressedBody: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_UNTYPED = (NotFound,)  # errors whose problem type would say no more than the status
# Django's own errors, whose messages are not for clients.
_DJANGO: Sequence[tuple[type[Exception], HTTPStatus, str]] = (
    (PermissionDenied, HTTPStatus.FORBIDDEN, "You may not do this."),
    (SuspiciousOperation, HTTPStatus.BAD_REQUEST, "The request is malformed."),
    (UnreadablePostError, HTTPStatus.BAD_REQUEST, "The body broke off."),
)


def problem_of(error: Exception, *, request_id: str = "") -> Problem | None:
    """The problem for an exception, or None if the exception is unexpected."""
    if isinstance(error, drf.APIException):
        return of_status(HTTPStatus(error.status_code), shorten(str(error.detail), _MAX_DETAIL), request_id)
    if _is_database_down(error):
        error = DatabaseUnavailable()
    if isinstance(error, OrderflowError):
        return _of_expected(error, request_id)
    if isinstance(error, Http404):
        return of_status(HTTPStatus.NOT_FOUND, shorten(str(error), _MAX_DETAIL), request_id)
    known = (of_status(status, detail, request_id) for kind, status, detail in _DJANGO if isinstance(error, kind))
    return next(known, None)


def _of_expected(error: OrderflowError, request_id: str) -> Problem | None:
    kind = kind_of(type(error))
    if kind is None:
        return None
    detail = error.detail or shorten(str(error), _MAX_DETAIL)
    errors = () if isinstance(error, _UNTYPED) else error.errors
    return replace(kind, detail=detail, request_id=request_id, errors=errors)


def kind_of(error: type[OrderflowError]) -> Problem | None:
    """What all errors of a class are, with its docstring as the detail; None if it is a fault of ours."""
    status = next((_STATUSES[base] for base in error.__mro__ if base in _STATUSES), None)
    if status is None:
        return None
    detail = error.detail or " ".join((error.__doc__ or "").split())
    if issubclass(error, _UNTYPED):
        return of_status(status, detail, "")
    words = _WORDS.sub("-", error.__name__).lower()
    title = error.title or words.replace("-", " ").capitalize()
    return Problem(type=f"urn:orderflow:problem:{words}", title=title, status=status, detail=detail)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None if the error is unexpected: Django logs it and calls config.urls.handler500."""
    request: Request = context["request"]
    problem = problem_of(error, request_id=request_id_of(request))
    if problem is None:
        return None
    log_unavailable(error, problem)
    if _is_database_down(error):
        _force_json(request, context["view"])
    _count(problem)
    return Response(problem, status=problem.status, headers=headers_of(error))


def _force_json(request: Request, view: Any) -> None:
    """Have the response rendered as JSON also in a browser, because DRF's pages query the database for the user."""
    renderer = view.renderer_classes[0]()
    request.accepted_renderer, request.accepted_media_type = renderer, renderer.media_type


def response_to(error: Exception, request_id: str) -> HttpResponse:
    """The response to an error outside of DRF and of Django's handlers; an unexpected one is logged."""
    problem = problem_of(error, request_id=request_id)
    if problem is None:
        log.error("request_failed", exc_info=error, request_id=request_id)
        return as_response(of_status(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT, request_id))
    log_unavailable(error, problem)
    return as_response(problem, headers_of(error))


def log_unavailable(error: Exception, problem: Problem) -> None:
    """Log why a response is 503, as a warning: it is waited for, and Django's error of it is dropped."""
    if _is_database_down(error):
        log.warning("database_unavailable", reason=database_problem(error))
    elif problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("request_not_served", reason=problem.detail)


def as_response(problem: Problem, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A problem as a Django response."""
    _count(problem)
    body = msgspec.json.encode(problem)
    return HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def _count(problem: Problem) -> None:
    _counter(problem).inc()


def _counter(problem: Problem) -> Counter:
    return PROBLEMS.labels(problem.type.rpartition(":")[2], problem.status)


if _of_its_alert := kind_of(DatabaseUnavailable):
    _counter(_of_its_alert)  # at 0: docs/monitoring.md


def headers_of(error: Exception) -> dict[str, str]:
    headers = dict(getattr(error, "headers", {}))
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    retry_after = DatabaseUnavailable.retry_after if _is_database_down(error) else None
    if wait := retry_after or getattr(error, "retry_after", None) or getattr(error, "wait", None):  # DRF's is `wait`
        headers["Retry-After"] = f"{wait:.0f}"
    return headers


def request_id_of(request: HttpRequest | Request) -> str:
    return getattr(request, "request_id", "")


def _is_database_down(error: Exception) -> bool:
    """Whether the database can't serve the request. Not by the type alone: read-only is an InternalError."""
    return isinstance(error, OperationalError | InterfaceError) or is_unavailable(error)


def of_status(status: HTTPStatus, detail: str, request_id: str) -> Problem:
    """A problem of no particular type."""
    return Problem(title=status.phrase, status=status, detail=detail, request_id=request_id)
