"""Lists of what has changed, for whoever asks from time to time: its pages, and the address to be asked next."""

from typing import Any, Generic, TypeVar

import msgspec
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from api.pagination import KeysetPagination, Page, decode_cursor, encode_cursor

T = TypeVar("T")
P = TypeVar("P", bound="FeedPage[Any]")
C = TypeVar("C", bound=msgspec.Struct)

_CURSOR = KeysetPagination.cursor_query_param


class FeedPage(Page[T], Generic[T], frozen=True, kw_only=True):
    """A page of changes, oldest first.

    Attributes:
        next: null where there are no more by now. A page may have no results and a next one.
        previous: always null.
        resume: the address of what changes after this page, to be asked later.
    """

    resume: str


def asked_cursor(request: Request, kind: type[C]) -> C | None:
    """The position from which changes are asked for; None: whoever asks is about to begin.

    Raises:
        BadParameters: it is none that this list gave out.
    """
    cursor = request.query_params.get(_CURSOR)
    return None if cursor is None else decode_cursor(cursor, kind)


def feed_page(request: Request, kind: type[P], results: list[Any], *, position: msgspec.Struct, more: bool) -> P:
    """A page of this kind, which ends at a position."""
    address = replace_query_param(request.build_absolute_uri(), _CURSOR, encode_cursor(position))
    return kind(next=address if more else None, previous=None, results=results, resume=address)
