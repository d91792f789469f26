"""Answers to requests that Django never sees: problem details, as it would give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
import uuid_utils

from api.json import encode
from api.problems import CONTENT_TYPE, Problem
from api.request_ids import HEADER, REQUEST_ID
from serving.exceptions import BodyBrokenOff, BodyTooSlow, Overloaded, ServingError
from serving.rsgi import Exchange, Headers, Scope


@dataclass(frozen=True)
class _Answer:
    """A problem that wants only its request id."""

    problem: Problem
    headers: Headers = field(default_factory=list)


def _answer(refusal: type[ServingError], status: HTTPStatus, name: str, headers: Mapping[str, str]) -> _Answer:
    title = name.replace("-", " ").capitalize()
    problem = Problem(type=f"urn:orderflow:problem:{name}", title=title, status=status, detail=refusal.__doc__ or "")
    return _Answer(problem, [("Content-Type", CONTENT_TYPE), *headers.items()])


_ANSWERS: Mapping[type[ServingError], _Answer] = {
    Overloaded: _answer(Overloaded, HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", {"Retry-After": "1"}),
    BodyTooSlow: _answer(BodyTooSlow, HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", {"Connection": "close"}),
    BodyBrokenOff: _answer(BodyBrokenOff, HTTPStatus.BAD_REQUEST, "body-broken-off", {"Connection": "close"}),
}


def refuse(scope: Scope, exchange: Exchange, refusal: ServingError) -> None:
    """Answer a request; under overload this is done several thousand times a second."""
    answer = _ANSWERS[type(refusal)]
    given = scope.headers.get("x-request-id", "")
    request_id = given if REQUEST_ID.fullmatch(given) else str(uuid_utils.uuid7())
    body = encode(msgspec.structs.replace(answer.problem, request_id=request_id))
    exchange.response_bytes(answer.problem.status, [*answer.headers, (HEADER, request_id)], body)
