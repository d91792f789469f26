"""Errors over HTTP: RFC 9457 problem details, whatever went wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response

from api.exceptions import (
    BadHeader,
    BadParameters,
    BodyTooLarge,
    CompressedBody,
    FieldError,
    Invalid,
    KeyInUse,
    KeyReused,
    LengthRequired,
    NotJSON,
    ParameterError,
    RateLimited,
    TooManyUnknownTokens,
)
from api.logins.exceptions import HashingBusy
from api.text import shorten
from common.postgres import is_unavailable

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_MAX_DETAIL = 500  # characters; some messages quote what a client sent
FAULT = "Something went wrong on our side. The request id helps to find out what."


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an error response."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: Sequence[FieldError | ParameterError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """What an exception means over HTTP; its message is the problem's detail, or else its docstring.

    Attributes:
        name: what clients tell it by, as `urn:orderflow:problem:<name>`; without one, only the status counts.
        errors: the fields that are wrong, from the exception.
        detail: said instead of the exception's message.
        retry_after: seconds after which the same request may succeed.
    """

    status: HTTPStatus
    name: str = ""
    title: str = ""
    errors: Callable[[Any], Sequence[FieldError | ParameterError]] = lambda _: ()
    detail: str = ""
    retry_after: int | None = None


_DATABASE_AWAY = ProblemType(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    name="database-unavailable",
    title="Database unavailable",
    detail="The database can't be reached or is too slow at the moment. Ask again, with the same Idempotency-Key.",
    retry_after=2,
)

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    NotJSON: ProblemType(status=HTTPStatus.BAD_REQUEST, name="not-json", title="Not JSON"),
    BadParameters: ProblemType(
        status=HTTPStatus.BAD_REQUEST,
        name="bad-parameters",
        title="Bad query parameters",
        errors=lambda error: error.errors,
    ),
    BadHeader: ProblemType(status=HTTPStatus.BAD_REQUEST, name="bad-header", title="Bad header"),
    LengthRequired: ProblemType(status=HTTPStatus.LENGTH_REQUIRED, name="length-required", title="Length required"),
    CompressedBody: ProblemType(
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, name="compressed-body", title="Unsupported content encoding"
    ),
    BodyTooLarge: ProblemType(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, name="body-too-large", title="Body too large"
    ),
    Invalid: ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        name="invalid",
        title="Not valid",
        detail="Some fields are not valid: see errors.",
        errors=lambda error: error.errors,
    ),
    KeyReused: ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY, name="idempotency-key-reused", title="Idempotency key reused"
    ),
    KeyInUse: ProblemType(
        status=HTTPStatus.CONFLICT, name="idempotency-key-in-use", title="Idempotency key in use", retry_after=1
    ),
    Http404: ProblemType(status=HTTPStatus.NOT_FOUND),
    PermissionDenied: ProblemType(status=HTTPStatus.FORBIDDEN, detail="You may not do this."),
    SuspiciousOperation: ProblemType(status=HTTPStatus.BAD_REQUEST, detail="The request is malformed."),
    RateLimited: ProblemType(status=HTTPStatus.TOO_MANY_REQUESTS, name="rate-limited", title="Rate limited"),
    TooManyUnknownTokens: ProblemType(
        status=HTTPStatus.TOO_MANY_REQUESTS, name="too-many-unknown-tokens", title="Too many unknown tokens"
    ),
    HashingBusy: ProblemType(status=HTTPStatus.SERVICE_UNAVAILABLE, name="busy", title="Busy"),
    UnreadablePostError: ProblemType(status=HTTPStatus.BAD_REQUEST, detail="The body broke off."),
}

_known: dict[type[Exception], ProblemType] = dict(PROBLEMS)


def register(problems: Mapping[type[Exception], ProblemType]) -> None:
    """Add the exceptions of an app: config/urls.py does."""
    _known.update(problems)


def problem_of(error: Exception, *, request_id: str = "") -> Problem | None:
    """The problem that an exception is, or None if it is a fault of ours."""
    if isinstance(error, drf.APIException):
        return of_status(HTTPStatus(error.status_code), shorten(str(error.detail), _MAX_DETAIL), request_id)
    kind = _kind_of(error)
    if kind is None:
        return None
    detail = kind.detail or shorten(str(error), _MAX_DETAIL) or type(error).__doc__ or kind.status.description
    if not kind.name:
        return of_status(kind.status, detail, request_id)
    return Problem(
        type=f"urn:orderflow:problem:{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        request_id=request_id,
        errors=kind.errors(error),
    )


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None: not foreseen; Django logs it and answers with config.urls.handler500."""
    request: Request = context["request"]
    problem = problem_of(error, request_id=request_id_of(request))
    if problem is None:
        return None
    if _is_database_away(error):
        log.warning("database_unavailable", error=type(error).__name__)
        _answer_without_database(request, context["view"])
    return Response(problem, status=problem.status, headers=headers_of(error))


def _answer_without_database(request: Request, view: Any) -> None:
    """Let the answer be JSON also in a browser: DRF's pages ask the database who looks at them."""
    renderer = view.renderer_classes[0]()
    request.accepted_renderer, request.accepted_media_type = renderer, renderer.media_type


def response_to(error: Exception, request_id: str) -> HttpResponse:
    """The response to an error outside of DRF and of Django's handlers; one that is not foreseen is logged."""
    problem = problem_of(error, request_id=request_id)
    if problem is None:
        log.error("request_failed", exc_info=error, request_id=request_id)
        return as_response(of_status(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT, request_id))
    if _is_database_away(error):
        log.warning("database_unavailable", error=type(error).__name__)
    return as_response(problem, headers_of(error))


def as_response(problem: Problem, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A problem as a response of Django's."""
    body = msgspec.json.encode(problem)
    return HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def headers_of(error: Exception) -> dict[str, str]:
    headers = dict(getattr(error, "headers", {}))
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None) or getattr(_kind_of(error), "retry_after", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return headers


def request_id_of(request: HttpRequest | Request) -> str:
    return getattr(request, "request_id", "")


def _is_database_away(error: Exception) -> bool:
    """Not by the type alone: that the database takes no changes is an InternalError of Django's."""
    return isinstance(error, OperationalError | InterfaceError) or is_unavailable(error)


def _kind_of(error: Exception) -> ProblemType | None:
    if _is_database_away(error):
        return _DATABASE_AWAY
    return next((_known[kind] for kind in type(error).__mro__ if kind in _known), None)


def of_status(status: HTTPStatus, detail: str, request_id: str) -> Problem:
    """A problem that says no more than its status does."""
    return Problem(title=status.phrase, status=status, detail=detail, request_id=request_id)
