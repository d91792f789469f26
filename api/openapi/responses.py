"""The responses of an operation: what it answers, and everything that can be wrong."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from rest_framework import exceptions as drf
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from api import exceptions
from api.authentication import LogInNeeded
from api.idempotency import REPLAYED
from api.openapi.headers import EXAMPLE_ID, response_header
from api.openapi.operation import JSON, Operation
from api.openapi.routes import Route
from api.openapi.schemas import Schema, reference
from api.problems import CONTENT_TYPE, Problem, kind_of, of_status, problem_of
from api.request_ids import HEADER as REQUEST_ID
from common.errors import Invalid, OrderflowError

Problems = Mapping[int, Sequence[Problem]]

# The headers of problems, by status.
_HEADERS: Mapping[int, Sequence[str]] = {
    HTTPStatus.UNAUTHORIZED: ["WWW-Authenticate"],
    HTTPStatus.CONFLICT: ["Retry-After"],
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ["Accept-Encoding"],
    HTTPStatus.TOO_MANY_REQUESTS: ["Retry-After"],
    HTTPStatus.SERVICE_UNAVAILABLE: ["Retry-After"],
}
_OF_REQUESTS = (SuspiciousOperation, exceptions.BadHeader, exceptions.BadParameters)
_OF_API_VIEWS = (drf.NotAcceptable, exceptions.DatabaseUnavailable)
_OF_CLIENTS = (LogInNeeded, exceptions.RateLimited, exceptions.TooManyUnknownTokens)
_OF_BODIES = (
    exceptions.PreconditionFailed,
    exceptions.NotJSON,
    exceptions.LengthRequired,
    exceptions.BodyTooLarge,
    drf.UnsupportedMediaType,
    exceptions.CompressedBody,
    Invalid,
)
_OF_KEYS = (exceptions.IdempotencyKeyInUse, exceptions.IdempotencyKeyReused)


def is_open(route: Route) -> bool:
    """Whether a route takes no log-in."""
    return not isinstance(route.view, APIView) or AllowAny in route.view.permission_classes


def permission_of(route: Route) -> str | None:
    """The permission that a client needs for a route, besides a log-in; None: no other."""
    permissions: Mapping[str, str] = getattr(route.view, "action_permissions", {})
    return permissions.get(route.action)


def problems_of(route: Route, operation: Operation, of_server: Iterable[Problem]) -> Problems:
    """All problems that an operation may answer with, by status."""
    by_status: dict[int, list[Problem]] = defaultdict(list)
    for problem in [*of_server, *map(_kind_of, _errors(route, operation))]:
        if problem.type not in (known.type for known in by_status[problem.status]):
            by_status[problem.status].append(problem)
    return by_status


def _errors(route: Route, operation: Operation) -> Iterable[type[Exception]]:
    yield from _OF_REQUESTS
    if isinstance(route.view, APIView):
        yield from _OF_API_VIEWS
    if getattr(route.view, "authentication_classes", ()):  # one that is open rejects a token that is none, too
        yield from _OF_CLIENTS
        if not is_open(route) and (route.method != "get" or permission_of(route)):
            yield drf.PermissionDenied
        yield exceptions.HttpsRequired
    if "{" in route.path:
        yield drf.NotFound
    if operation.body:
        yield from _OF_BODIES
    if route.method == "post":
        yield from _OF_KEYS
    yield from operation.raises


def _kind_of(error: type[Exception]) -> Problem:
    if issubclass(error, drf.APIException):
        return of_status(HTTPStatus(error.status_code), str(error.default_detail), "")
    kind = kind_of(error) if issubclass(error, OrderflowError) else problem_of(error())
    assert kind is not None, f"{error!r} is no problem of a client"
    return kind


def response_of(route: Route, operation: Operation, schema: Schema) -> dict[str, Any]:
    """The response of an operation if all is well."""
    headers = [*_headers_of_all(route), *operation.headers]
    if route.method == "post":
        headers.append(REPLAYED)
    return {
        "description": HTTPStatus(operation.status).phrase,
        "headers": {name: response_header(name) for name in headers},
        "content": {media_type: {"schema": schema} for media_type in operation.media_types},
    }


def other_response(route: Route, status: HTTPStatus, schema: Schema) -> dict[str, Any]:
    headers = [*_headers_of_all(route), *_HEADERS.get(status, ())]
    return {
        "description": status.phrase,
        "headers": {name: response_header(name) for name in headers},
        "content": {JSON: {"schema": schema}},
    }


def not_modified(route: Route) -> dict[str, Any]:
    return {
        "description": HTTPStatus.NOT_MODIFIED.phrase,
        "headers": {name: response_header(name) for name in (*_headers_of_all(route), "ETag")},
    }


def problem_response(route: Route, status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    """The response for all problems of a status, each as an example."""
    headers = [*_headers_of_all(route), *_HEADERS.get(status, ())]
    return {
        "description": "\n".join(map(_words_of, problems)),
        "headers": {name: response_header(name) for name in headers},
        "content": {
            CONTENT_TYPE: {
                "schema": reference("Problem"),
                "examples": {_name_of(problem): {"value": _example(problem)} for problem in problems},
            }
        },
    }


def _headers_of_all(route: Route) -> list[str]:
    return [REQUEST_ID] if is_open(route) else [REQUEST_ID, "RateLimit", "RateLimit-Policy"]


def _words_of(problem: Problem) -> str:
    """A problem in a line; several of one title differ in their type, by which clients go."""
    typed = f" (`{problem.type}`)" if problem.type != "about:blank" else ""
    return f"- {problem.title}{typed}: {problem.detail}"


def _name_of(problem: Problem) -> str:
    return problem.type.rpartition(":")[2] if problem.type != "about:blank" else problem.title.lower().replace(" ", "-")


def _example(problem: Problem) -> dict[str, Any]:
    return {
        "type": problem.type,
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
        "request_id": EXAMPLE_ID,
        "errors": [],
    }
