"""The errors of the HTTP code. The names of the classes are those of the problem types: api/problems.py."""

from collections.abc import Iterable
from itertools import islice
from typing import ClassVar

from django.core.exceptions import BadRequest

from common.errors import Conflict, Forbidden, LimitReached, Malformed, OrderflowError, ParameterError, Unavailable
from common.text import shorten

_MAX_PARAMETERS = 20  # of a query, that one response names
_MAX_SHOWN = 200  # characters of a name or a value that a query had


class NotJSON(Malformed):
    """The body is not JSON."""

    title = "Not JSON"


class LengthRequired(OrderflowError):
    """The body came in chunks: send its Content-Length."""


class CompressedBody(OrderflowError):
    """The body has a Content-Encoding: send it as it is."""

    title = "Unsupported content encoding"
    headers: ClassVar = {"Accept-Encoding": "identity"}  # RFC 9110, 12.5.3


class PreconditionFailed(OrderflowError):
    """If-Match names what this is not."""


class BodyTooLarge(OrderflowError):
    """The body is larger than this endpoint takes."""


class BadParameters(Malformed, BadRequest):
    """Query parameters that are unknown or have no sense."""

    # Of BadRequest, so that Django responds with 400 wherever a query is read.
    title = "Bad query parameters"

    def __init__(self, errors: Iterable[ParameterError]) -> None:
        self.errors = [
            ParameterError(shorten(error.parameter, _MAX_SHOWN), shorten(error.detail, _MAX_SHOWN))
            for error in islice(errors, _MAX_PARAMETERS)
        ]
        super().__init__("; ".join(map(str, self.errors)))


class BadHeader(Malformed, BadRequest):
    """A request header has no sense."""


class HttpsRequired(Forbidden):
    """The request came by plain HTTP and was not carried out: send it by HTTPS. Its token should be replaced."""

    title = "HTTPS required"


class RateLimited(LimitReached):
    """This client has sent more requests than it may in a time. Retry-After says when it may send another."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"You have sent more requests than you may. Try again in {wait} s.")
        self.retry_after = wait


class TooManyUnknownTokens(LimitReached):
    """From this address came too many tokens that are nobody's. Retry-After says when another is looked at."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"Too many tokens from your address are unknown. Try again in {wait} s.")
        self.retry_after = wait


class IdempotencyKeyReused(OrderflowError):
    """This Idempotency-Key was used before, for another request."""


class IdempotencyKeyInUse(Conflict):
    """The first request with this Idempotency-Key is still running: try again."""

    retry_after = 1


class DatabaseUnavailable(Unavailable):
    """The database can't be reached or is too slow at the moment. Ask again, with the same Idempotency-Key."""

    retry_after = 2
