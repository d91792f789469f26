"""Keyset pagination: each page begins after the last row of the page before, so that all pages cost the same."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
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
from common.timestamps import parse_timestamp

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


_Cursor = tuple[bool, list[str]]  # a position as text


class KeysetPagination(CursorPagination):
    """DRF's cursor pagination by all ordering fields, instead of one field and an offset: rows may share a value.

    The ordering is the view's `ordering`, else the model's. Its fields are all ascending or all descending, and
    identify a row uniquely.

    A page is limited by its number of rows and, where the view has a `row_weight`, by the sum of its rows' weights,
    which is at most `max_page_weight` or that of one row.
    """

    max_page_weight = 5000
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        self._url = request.build_absolute_uri()
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
        cursor = urlsafe_b64encode(msgspec.json.encode((backwards, values))).decode().rstrip("=")
        return str(replace_query_param(self._url, self.cursor_query_param, cursor))

    def _position(self, request: Request, model: type[Model]) -> Position | None:
        cursor = request.query_params.get(self.cursor_query_param)
        if cursor is None:
            return None
        try:
            decoded = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            backwards, texts = msgspec.json.decode(decoded, type=_Cursor)
            row = [_value(field, text) for field, text in zip(self._columns(model), texts, strict=True)]
        except (ValueError, msgspec.DecodeError, ValidationError):
            raise BadParameters([ParameterError("cursor", "is not one that this list gave out")]) from None
        return Position(backwards, row)

    def _columns(self, model: type[Model]) -> "list[Field[Any, Any]]":
        return [model._meta.get_field(name) for name in names_of(self._fields)]  # type: ignore[misc]


def _value(field: "Field[Any, Any]", text: str) -> Any:
    """Raises:
    ValueError, ValidationError: not a value of this field.
    """
    if "\x00" in text:
        raise ValueError("PostgreSQL has no NUL in texts")
    return parse_timestamp(text) if isinstance(field, DateTimeField) else field.to_python(text)
