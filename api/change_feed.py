"""Lists of what has changed, for whoever asks from time to time: its pages, and the address to be asked next."""

from typing import Any, Generic, TypeVar

import msgspec
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from api.filters import page_parameters, reject_parameters
from api.pagination import KeysetPagination, Page, decode_cursor, encode_cursor
from api.views import ApiViewSet

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


def asked(view: ApiViewSet[Any], request: Request, kind: type[C]) -> tuple[C | None, int]:
    """The position from which changes are asked for, None of who is about to begin; and how many go on a page.

    Raises:
        BadParameters: the position is none that this list gave out, or there are parameters of other lists.
    """
    reject_parameters(request, known=page_parameters(view))
    size = KeysetPagination().get_page_size(request)
    cursor = request.query_params.get(_CURSOR)
    return None if cursor is None else decode_cursor(cursor, kind), size


def feed_page(request: Request, kind: type[P], results: list[Any], *, position: msgspec.Struct, more: bool) -> P:
    """A page of this kind, which ends at a position."""
    address = replace_query_param(request.build_absolute_uri(), _CURSOR, encode_cursor(position))
    return kind(next=address if more else None, previous=None, results=results, resume=address)
