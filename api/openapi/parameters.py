"""The parameters of an operation: of its path and its query, and its headers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import django_filters

from api.filters import ParsedFilter, SomeOfFilter
from api.idempotency import HEADER as IDEMPOTENCY_KEY
from api.openapi.headers import request_header
from api.openapi.operation import Operation
from api.openapi.routes import Route
from api.openapi.schemas import Schema, schemas_of
from api.pagination import KeysetPagination, Page
from api.request_ids import HEADER as REQUEST_ID
from common.field_schemas import SCHEMAS

_IN_PATH = re.compile(r"\{(\w+)\}")


def parameters_of(route: Route, operation: Operation) -> list[dict[str, Any]]:
    return [*_of_path(route), *_of_query(route, operation), *_headers(route, operation)]


def _of_path(route: Route) -> Iterator[dict[str, Any]]:
    types: Mapping[str, Any] = getattr(route.view, "path_types", {})
    for name in _IN_PATH.findall(route.path):
        ((schema,), _) = schemas_of([types.get(name, str)], are_sent=False)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _of_query(route: Route, operation: Operation) -> Iterator[dict[str, Any]]:
    if route.action in getattr(route.view, "list_actions", ()):
        filters = getattr(getattr(route.view, "filterset_class", None), "base_filters", {})
        yield from (_query(name, _schema_of(each), each.label) for name, each in filters.items())
    if _is_paginated(operation):
        yield from _PAGE
    for name, values in operation.query.items():
        yield _query(name, {"type": "string", "enum": sorted(map(str, values))}, operation.query_words[name])


def _headers(route: Route, operation: Operation) -> Iterable[dict[str, str]]:
    names = [REQUEST_ID, "traceparent"]
    if route.method == "post":
        names.append(IDEMPOTENCY_KEY)
    if "ETag" in operation.headers:
        names.append("If-None-Match")
    return map(request_header, names)


def _is_paginated(operation: Operation) -> bool:
    return isinstance(operation.response, type) and issubclass(operation.response, Page)


def _query(name: str, schema: Schema, description: str | None = None) -> dict[str, Any]:
    words = {"description": description} if description else {}
    return {"name": name, "in": "query", **words, "schema": schema}


_PAGE = (
    _query(
        KeysetPagination.cursor_query_param,
        {"type": "string"},
        "Where the page begins: see `next` and `previous`. It is of that list with those filters, and elsewhere 400.",
    ),
    _query(
        KeysetPagination.page_size_query_param,
        {
            "type": "integer",
            "minimum": 1,
            "maximum": KeysetPagination.max_page_size,
            "default": KeysetPagination.page_size,
        },
        "Rows of a page; fewer where they are large.",
    ),
)


def _schema_of(filter_: django_filters.Filter) -> Schema:
    """Raises:
    TypeError: of a kind of filter that is not known here.
    """
    if isinstance(filter_, ParsedFilter):
        return dict(SCHEMAS[filter_.extra["parse"]])
    if isinstance(filter_, SomeOfFilter):
        values = list(filter_.extra["values"])
        one = f"({'|'.join(values)})"
        return {"anyOf": [{"type": "string", "enum": values}, {"type": "string", "pattern": f"^{one}(,{one})*$"}]}
    if isinstance(filter_, django_filters.UUIDFilter):
        return {"type": "string", "format": "uuid"}
    if isinstance(filter_, django_filters.BooleanFilter):
        return {"type": "boolean"}
    if isinstance(filter_, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [value for value, _ in filter_.extra["choices"]]}
    raise TypeError(f"what {type(filter_).__name__} takes is to be said here")
