"""What the edge refuses, and why. api/problems.py maps each to an HTTP problem."""

from collections.abc import Iterable
from itertools import islice
from typing import ClassVar

import msgspec
from django.core.exceptions import BadRequest

from api.text import CUT, shorten

MAX_ERRORS = 1000  # that one answer names
_MAX_PARAMETERS = 20  # of a query, that one answer names
_MAX_SHOWN = 200  # characters of a name or a value that a query had
_MAX_POINTER = 500  # characters; clients make keys as long as they like, and nest them


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong in a body, and where: a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class ParameterError(msgspec.Struct, frozen=True):
    """What is wrong with a query parameter."""

    parameter: str
    detail: str


def member(pointer: str, key: object) -> str:
    """The JSON pointer to a member of what `pointer` points to. One that would be very long is cut, and ends with …"""
    if pointer.endswith(CUT) and len(pointer) > _MAX_POINTER:
        return pointer
    escaped = str(key).replace("~", "~0").replace("/", "~1")
    return shorten(f"{pointer}/{escaped}", _MAX_POINTER)


class ErrorBudget:
    """How many errors an answer may still name. All orders of a bulk request share one."""

    def __init__(self, most: int = MAX_ERRORS) -> None:
        self._most = most
        self._left = most

    def limit(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """The first of `errors`, as many as are left but at least one, and a last one that says if there are more."""
        most = max(self._left, 1)
        kept = list(islice(errors, most + 1))
        self._left -= min(len(kept), most)
        if len(kept) > most:
            kept[-1] = FieldError("", f"there are more errors: an answer names no more than {self._most}")
        return kept


class ApiError(Exception):
    """Base of what the edge refuses."""


class NotJSON(ApiError):
    """The body is not JSON."""


class LengthRequired(ApiError):
    """The body came in chunks: send its Content-Length."""


class CompressedBody(ApiError):
    """The body has a Content-Encoding: send it as it is."""

    headers: ClassVar = {"Accept-Encoding": "identity"}  # RFC 9110, 12.5.3


class BodyTooLarge(ApiError):
    """The body is larger than this endpoint takes."""


class Invalid(ApiError):
    """JSON, but not of the shape that is asked for. Keeps as many errors as the answer may name."""

    def __init__(self, errors: Iterable[FieldError], budget: ErrorBudget | None = None) -> None:
        self.errors = (budget or ErrorBudget()).limit(errors)
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in self.errors))


class BadParameters(ApiError, BadRequest):
    """Query parameters that are unknown or have no sense. Django answers them with 400 wherever a query is read."""

    def __init__(self, errors: Iterable[ParameterError]) -> None:
        self.errors = [
            ParameterError(shorten(error.parameter, _MAX_SHOWN), shorten(error.detail, _MAX_SHOWN))
            for error in islice(errors, _MAX_PARAMETERS)
        ]
        super().__init__("; ".join(f"{error.parameter}: {error.detail}" for error in self.errors))


class BadHeader(ApiError):
    """A request header has no sense."""


class RateLimited(ApiError):
    """This client has sent more requests than it may in a time. `wait`: seconds until it may send another."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"You have sent more requests than you may. Try again in {wait} s.")
        self.wait = wait


class TooManyUnknownTokens(ApiError):
    """From this address came too many tokens that are nobody's. `wait`: seconds until another is looked at."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"Too many tokens from your address are unknown. Try again in {wait} s.")
        self.wait = wait


class KeyReused(ApiError):
    """This Idempotency-Key was used before, for another request."""


class KeyInUse(ApiError):
    """The first request with this Idempotency-Key is still running: try again."""
