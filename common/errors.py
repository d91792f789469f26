"""The bases of all expected errors: each is a kind of error.

`api/problems.py` maps each base to a status of HTTP; commands print any of them as one line.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import ClassVar

import msgspec

from common.text import CUT, shorten

MAX_ERRORS = 1000  # in one response
_MAX_POINTER = 500  # characters; the keys of a client's JSON may be of any length, and nested


class FieldError(msgspec.Struct, frozen=True):
    """An error in a body, with the JSON pointer (RFC 6901) of the field."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.detail}"


class ParameterError(msgspec.Struct, frozen=True):
    """An error in a query parameter."""

    parameter: str
    detail: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.detail}"


class ErrorBudget:
    """The number of errors that a response may still name. All orders of a bulk request share one budget."""

    def __init__(self, most: int = MAX_ERRORS) -> None:
        self._most = most
        self._left = most

    @property
    def is_spent(self) -> bool:
        return self._left <= 0

    def limit(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """The first of `errors`, as many as are left but at least one; then one that says if there are more."""
        most = max(self._left, 1)
        kept = list(islice(errors, most + 1))
        self._left -= min(len(kept), most)
        if len(kept) > most:
            kept[-1] = FieldError("", f"there are more errors: an answer names no more than {self._most}")
        return kept


class OrderflowError(Exception):
    """Base of all expected errors. The docstring is the message, where an error is given none.

    Attributes:
        title: of the problem; made from the name of the class if it is empty.
        detail: of the problem, instead of the message.
        errors: of fields or parameters, each by itself.
        retry_after: seconds after which the same request may succeed; None if it will not.
    """

    title: ClassVar[str] = ""
    detail: ClassVar[str] = ""
    errors: Sequence[FieldError | ParameterError] = ()
    retry_after: int | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class Malformed(OrderflowError):
    """A request can't be parsed."""


class Invalid(OrderflowError):
    """A request can be parsed, but has invalid values. Keeps as many errors as the response may name."""

    title = "Not valid"
    detail = "Some fields are not valid: see errors."

    def __init__(self, errors: Iterable[FieldError], budget: ErrorBudget | None = None) -> None:
        self.errors: list[FieldError] = (budget or ErrorBudget()).limit(errors)
        super().__init__("; ".join(map(str, self.errors)))


class Forbidden(OrderflowError):
    """A permission is missing."""


class NotFound(OrderflowError):
    """The object does not exist."""


class Conflict(OrderflowError):
    """The request conflicts with the current state."""


class LimitReached(OrderflowError):
    """A limit on the number of requests is reached."""


class Unavailable(OrderflowError):
    """The request can't be served at the moment."""


class Overloaded(Unavailable):
    """There are more requests than can be served."""

    retry_after = 1


def member(pointer: str, key: object) -> str:
    """The JSON pointer to a member of the object at `pointer`. A very long one is cut, and ends with …"""
    if pointer.endswith(CUT) and len(pointer) > _MAX_POINTER:
        return pointer
    escaped = str(key).replace("~", "~0").replace("/", "~1")
    return shorten(f"{pointer}/{escaped}", _MAX_POINTER)
