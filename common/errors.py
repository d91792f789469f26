"""Errors that are foreseen: what is rejected, by bases that say what kind of error it is.

`api/problems.py` says what each base is over HTTP; commands print any of them as one line.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import ClassVar

import msgspec

from common.text import CUT, shorten

MAX_ERRORS = 1000  # that one answer names
_MAX_POINTER = 500  # characters; clients make keys as long as they like, and nest them


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong in a body, and where: a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.detail}"


class ParameterError(msgspec.Struct, frozen=True):
    """What is wrong with a query parameter."""

    parameter: str
    detail: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.detail}"


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


class OrderflowError(Exception):
    """Base of all foreseen errors. The message is that of the docstring, where an error has no better one.

    Attributes:
        title: in a few words, for people; else the name of the class is.
        detail: what clients of the API are told instead of the message.
        errors: the fields that are wrong, one by one.
        retry_after: seconds after which the same may succeed, where time helps.
    """

    title: ClassVar[str] = ""
    detail: ClassVar[str] = ""
    errors: Sequence[FieldError | ParameterError] = ()
    retry_after: int | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class Malformed(OrderflowError):
    """It can't be understood."""


class Invalid(OrderflowError):
    """It is understood, and asks for what can't be. Keeps as many errors as the answer may name."""

    title = "Not valid"
    detail = "Some fields are not valid: see errors."

    def __init__(self, errors: Iterable[FieldError], budget: ErrorBudget | None = None) -> None:
        self.errors: list[FieldError] = (budget or ErrorBudget()).limit(errors)
        super().__init__("; ".join(map(str, self.errors)))


class Forbidden(OrderflowError):
    """It takes a permission that is not there."""


class NotFound(OrderflowError):
    """There is no such thing."""


class Conflict(OrderflowError):
    """It does not go with what is there."""


class LimitReached(OrderflowError):
    """It came too often."""


class Unavailable(OrderflowError):
    """It can't be done at the moment."""


class Overloaded(Unavailable):
    """More comes than can be done."""

    retry_after = 1


def member(pointer: str, key: object) -> str:
    """The JSON pointer to a member of what `pointer` points to. One that would be very long is cut, and ends with …"""
    if pointer.endswith(CUT) and len(pointer) > _MAX_POINTER:
        return pointer
    escaped = str(key).replace("~", "~0").replace("/", "~1")
    return shorten(f"{pointer}/{escaped}", _MAX_POINTER)
