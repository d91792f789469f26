"""Responses to requests that are rejected before Django is called: problem details, with the texts of exceptions.py."""

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
import structlog
import uuid_utils

from api.problems import CONTENT_TYPE, Problem
from api.request_ids import HEADER, REQUEST_ID
from serving import exceptions
from serving.exceptions import Rejected
from serving.metrics import REJECTED
from serving.request_head import RawHeaders

log = structlog.get_logger(__name__)

_CONTENT_TYPE = (b"content-type", CONTENT_TYPE.encode())
_CLOSE = (b"connection", b"close")
_RETRY = (b"retry-after", b"1")

# The connection is closed where it is unknown whether the rest of the request comes, or where that is not read.
_TABLE: Mapping[type[Rejected], tuple[HTTPStatus, str, tuple[tuple[bytes, bytes], ...]]] = {
    exceptions.MalformedRequest: (HTTPStatus.BAD_REQUEST, "malformed-request", (_CLOSE,)),
    exceptions.BadHeader: (HTTPStatus.BAD_REQUEST, "bad-header", (_CLOSE,)),
    exceptions.BodyIncomplete: (HTTPStatus.BAD_REQUEST, "body-incomplete", (_CLOSE,)),
    exceptions.BodyTooSlow: (HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", (_CLOSE,)),
    exceptions.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", (_CLOSE,)),
    exceptions.TargetTooLong: (HTTPStatus.REQUEST_URI_TOO_LONG, "target-too-long", (_CLOSE,)),
    exceptions.HeadersTooLarge: (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", (_CLOSE,)),
    exceptions.NoSuchFile: (HTTPStatus.NOT_FOUND, "not-found", ()),
    exceptions.FileIsReadOnly: (HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", ((b"allow", b"GET, HEAD"),)),
    exceptions.Overloaded: (HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", (_RETRY,)),
    exceptions.TooManyConnections: (HTTPStatus.SERVICE_UNAVAILABLE, "too-many-connections", (_RETRY, _CLOSE)),
}

for _kind in _TABLE:
    REJECTED.labels(_kind.__name__)  # at 0: docs/monitoring.md

_OF_FILES = (exceptions.NoSuchFile, exceptions.FileIsReadOnly)


def rejection(error: Rejected, request_headers: RawHeaders = ()) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The response to an error: status, headers without Content-Length, and body."""
    status, _, headers = _TABLE[type(error)]
    request_id = _request_id(request_headers)
    problem = _problem(error, request_id)
    own = (HEADER.lower().encode(), request_id.encode())
    return int(status), [_CONTENT_TYPE, own, *headers], msgspec.json.encode(problem)


def kinds_of_rejections() -> list[Problem]:
    """What can be wrong with a request of the API before Django sees it."""
    return [_problem(error(), "") for error in _TABLE if error not in _OF_FILES]


def _problem(error: Rejected, request_id: str) -> Problem:
    status, name, _ = _TABLE[type(error)]
    return Problem(
        type=f"urn:orderflow:problem:{name}",
        title=name.replace("-", " ").capitalize(),
        status=status,
        detail=str(error),
        request_id=request_id,
    )


def _request_id(headers: RawHeaders) -> str:
    given = [value.decode("latin-1") for name, value in headers if name == b"x-request-id"]
    return given[0] if len(given) == 1 and REQUEST_ID.fullmatch(given[0]) else str(uuid_utils.uuid7())


class RejectionLog:
    """Counts rejections and logs them periodically: a line for each would cost more than the rejection itself."""

    def __init__(self) -> None:
        self._not_reported: Counter[str] = Counter()

    def note(self, error: Rejected) -> None:
        self._not_reported[type(error).__name__] += 1

    def report(self) -> None:
        """Log a line with the numbers of rejections since the last report, if there were any."""
        if self._not_reported:
            log.warning("requests_rejected", **self._not_reported)
            for reason, number in self._not_reported.items():
                REJECTED.labels(reason).inc(number)
            self._not_reported.clear()
