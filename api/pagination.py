"""Keyset pagination: each page begins after the last row of the page before, so that all pages cost the same."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Field, Model
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from api.exceptions import BadParameters
from common.errors import ParameterError
from common.keyset import beyond, names_of
from common.text import trim
from common.timestamps import parse_timestamp

_FINGERPRINT = 9  # bytes of it in a cursor

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list, with the addresses of the next and the previous one: null where there is none."""

    next: str | None
    previous: str | None
    results: list[T]


class Position(NamedTuple):
    """The beginning of a page: after the row with these values of the ordering fields, or before it."""

    backwards: bool
    row: list[Any]


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A position as text, and the list that it is of: empty in cursors of versions before 28 November 2026."""

    backwards: bool
    row: list[str]
    of: str = ""


def encode_cursor(content: object) -> str:
    """The cursor that `decode_cursor` makes this of again."""
    return urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[T]) -> T:
    """Raises:
    BadParameters: it is no cursor, or one of another kind.
    """
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError):
        raise not_given_out() from None


def not_given_out() -> BadParameters:
    """The error for a cursor that a list can't have given out."""
    return BadParameters([ParameterError("cursor", "is not one that this list gave out")])


class KeysetPagination(CursorPagination):
    """DRF's cursor pagination by all ordering fields, instead of one field and an offset: rows may share a value.

    The ordering is the view's `ordering`, else the model's. Its fields are all ascending or all descending, and
    identify a row uniquely.

    A cursor is of one list with its filters. Elsewhere its position would be taken, and rows before it left out unseen.

    A page is limited by its number of rows and, where the view has a `row_weight`, by the sum of its rows' weights,
    which is at most `max_page_weight` or that of one row.
    """

    max_page_weight = 5000
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        self._url = request.build_absolute_uri()
        self._list = self._fingerprint(request)
        self._fields = list(getattr(view, "ordering", None) or queryset.model._meta.ordering)
        position = self._position(request, queryset.model)
        size = self.get_page_size(request)
        backwards = position is not None and position.backwards
        queryset = queryset.order_by(*self._fields)
        if weight := getattr(view, "row_weight", None):
            queryset = queryset.annotate(row_weight=weight)
        if position:
            queryset = queryset.filter(beyond(queryset.model, self._fields, position.row, backwards=position.backwards))
        if backwards:
            queryset = queryset.reverse()
        rows = list(queryset[: size + 1])
        page = rows[: min(size, self._rows_within_weight(rows))]
        more = len(rows) > len(page)
        self._page = page[::-1] if backwards else page
        self.has_next = bool(self._page) and (more or backwards)
        self.has_previous = bool(self._page) and (more if backwards else position is not None)
        self.display_page_controls = self.has_next or self.has_previous
        return self._page

    def _rows_within_weight(self, rows: list[Any]) -> int:
        """The number of rows that a page may have by their weights."""
        sums = accumulate(getattr(row, "row_weight", 0) for row in rows)
        return max(1, sum(1 for weight in sums if weight <= self.max_page_weight))

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= self.max_page_size:
            detail = f"must be a whole number from 1 to {self.max_page_size}"
            raise BadParameters([ParameterError(self.page_size_query_param, detail)])
        return int(text)

    def get_next_link(self) -> str | None:
        return self._link(self._page[-1], backwards=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self._page[0], backwards=True) if self.has_previous else None

    def _link(self, row: Model, *, backwards: bool) -> str:
        values = [str(getattr(row, name)) for name in names_of(self._fields)]
        cursor = encode_cursor(_Cursor(backwards, values, self._list))
        return str(replace_query_param(self._url, self.cursor_query_param, cursor))

    def _fingerprint(self, request: Request) -> str:
        """What tells this list from others: its address and its filters, in any order."""
        pages = (self.cursor_query_param, self.page_size_query_param)
        given = request.query_params.dict().items()
        filters = sorted((name, trim(value)) for name, value in given if name not in pages)
        digest = sha256(msgspec.json.encode((request.path.rstrip("/"), filters))).digest()
        return urlsafe_b64encode(digest[:_FINGERPRINT]).decode()

    def _position(self, request: Request, model: type[Model]) -> Position | None:
        cursor = request.query_params.get(self.cursor_query_param)
        if cursor is None:
            return None
        decoded = decode_cursor(cursor, _Cursor)
        try:
            row = [_value(field, text) for field, text in zip(self._columns(model), decoded.row, strict=True)]
        except (ValueError, ValidationError):
            raise not_given_out() from None
        if decoded.of not in ("", self._list):
            raise BadParameters([ParameterError("cursor", "is of another list, or of this one with other filters")])
        return Position(decoded.backwards, row)

    def _columns(self, model: type[Model]) -> "list[Field[Any, Any]]":
        return [model._meta.get_field(name) for name in names_of(self._fields)]  # type: ignore[misc]


def _value(field: "Field[Any, Any]", text: str) -> Any:
    """Raises:
    ValueError, ValidationError: not a value of this field.
    """
    if "\x00" in text:
        raise ValueError("PostgreSQL has no NUL in texts")
    return parse_timestamp(text) if isinstance(field, DateTimeField) else field.to_python(text)
