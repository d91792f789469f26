"""What the edge refuses, and why. api/problems.py maps each to an HTTP problem."""

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

MAX_ERRORS = 1000  # that one answer names


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong in a body, and where: a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class ParameterError(msgspec.Struct, frozen=True):
    """What is wrong with a query parameter."""

    parameter: str
    detail: str


class ApiError(Exception):
    """Base of what the edge refuses."""


class NotJSON(ApiError):
    """The body is not JSON."""


class LengthRequired(ApiError):
    """The body came in chunks: send its Content-Length."""


class BodyTooLarge(ApiError):
    """The body is larger than this endpoint takes."""


class Invalid(ApiError):
    """JSON, but not of the shape that is asked for. Keeps the first `MAX_ERRORS` errors and says if there are more."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(islice(errors, MAX_ERRORS + 1))
        if len(self.errors) > MAX_ERRORS:
            self.errors[-1] = FieldError("", f"there are more errors than these {MAX_ERRORS}")
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in self.errors))


class BadParameters(ApiError):
    """Query parameters that are unknown or have no sense."""

    def __init__(self, errors: Sequence[ParameterError]) -> None:
        super().__init__("; ".join(f"{error.parameter}: {error.detail}" for error in errors))
        self.errors = errors


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
