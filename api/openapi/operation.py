"""What a view declares of itself, where its code does not say it anyway."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

JSON = "application/json"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a method of an address takes and answers.

    Attributes:
        response: the type of what it answers, a struct or anything else that msgspec knows; `bytes` for a file.
        status: of that response.
        body: the struct that it takes.
        raises: the errors of its own; those of every request, and of every one with a body, are known.
        query: parameters that have a few values each, besides those of filters and pages.
        query_words: what each of them means.
        headers: of that response, besides those of every one: names of `api.openapi.headers`.
        media_types: of that response.
        others: types of further responses that are no problems, by status.
    """

    response: Any
    status: HTTPStatus = HTTPStatus.OK
    body: type | None = None
    raises: Sequence[type[Exception]] = ()
    query: Mapping[str, Collection[str]] = field(default_factory=dict)
    query_words: Mapping[str, str] = field(default_factory=dict)
    headers: Sequence[str] = ()
    media_types: Sequence[str] = (JSON,)
    others: Mapping[HTTPStatus, Any] = field(default_factory=dict)


def describe(response: Any, **kwargs: Any) -> Callable[[F], F]:
    """Declare an `Operation` of a method of a view, or of a view that is a function."""

    def declare(view: F) -> F:
        view.operation = Operation(response=response, **kwargs)  # type: ignore[attr-defined]
        return view

    return declare
