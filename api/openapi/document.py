"""The description as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from django.urls import URLResolver

from api.openapi import headers
from api.openapi.operation import JSON, Operation
from api.openapi.parameters import parameters_of
from api.openapi.responses import (
    is_open,
    not_modified,
    other_response,
    permission_of,
    problem_response,
    problems_of,
    response_of,
)
from api.openapi.routes import Route, routes_of
from api.openapi.schemas import Schema, merge, schemas_of
from api.openapi.sharing import share_examples, share_responses
from api.problems import Problem
from common.errors import FieldError, ParameterError

VERSION = "3.1.1"
Described = tuple[Route, Operation]


def described(resolver: URLResolver) -> list[Described]:
    """The routes that declare themselves."""
    return [(route, route.operation) for route in routes_of(resolver) if route.operation]


def document(resolver: URLResolver, *, info: Mapping[str, Any], of_server: Sequence[Problem]) -> dict[str, Any]:
    """The OpenAPI document of all views below a resolver that declare themselves.

    Args:
        of_server: what can be wrong with any request before it comes to a view.
    """
    routes = described(resolver)
    schemas = _Schemas(operation for _, operation in routes)
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, operation, schemas, of_server)
    examples = share_examples(paths)
    responses = share_responses(paths)
    return {
        "openapi": VERSION,
        "info": info,
        "servers": [{"url": "/", "description": "Where this description is from."}],
        "tags": _tags(routes),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `manage.py create_api_client`. The roles that an operation names are "
                    "the permissions that the client needs for it.",
                }
            },
            "responses": responses,
            "examples": examples,
            "headers": {headers.key_of(name): header for name, header in headers.RESPONSE_HEADERS.items()},
            "parameters": {
                headers.key_of(name): {"name": name, "in": "header", **header}
                for name, header in headers.REQUEST_HEADERS.items()
            },
        },
    }


class _Schemas:
    """The schemas of all structs, and of each type that an operation takes or answers."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.components: dict[str, Schema] = {}
        operations = list(operations)
        taken = [operation.body for operation in operations if operation.body]
        given = [
            type_
            for operation in operations
            for type_ in (operation.response, *operation.others.values())
            if type_ is not bytes
        ]
        self._taken = self._of(taken, are_sent=False)
        self._given = self._of([*given, Problem, FieldError, ParameterError], are_sent=True)

    def taken(self, type_: Any) -> Schema:
        return self._taken[type_]

    def given(self, type_: Any) -> Schema:
        return {"type": "string", "format": "binary"} if type_ is bytes else self._given[type_]

    def _of(self, types: Sequence[Any], *, are_sent: bool) -> dict[Any, Schema]:
        own, components = schemas_of(types, are_sent=are_sent)
        merge(self.components, components)
        return dict(zip(types, own, strict=True))


def _operation(route: Route, operation: Operation, schemas: _Schemas, of_server: Sequence[Problem]) -> dict[str, Any]:
    summary, _, rest = (getdoc(route.handler) or "").partition("\n\n")
    permission = permission_of(route)
    takes = f"Takes the permission `{permission}`." if permission else ""
    body = {"requestBody": _body(route, schemas.taken(operation.body))} if operation.body else {}
    return {
        "operationId": _id(route),
        "tags": [_tag(route)],
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(filter(None, (rest, takes))),
        "security": [] if is_open(route) else [{"token": [permission] if permission else []}],
        "parameters": parameters_of(route, operation),
        **body,
        "responses": _responses(route, operation, schemas, of_server),
    }


def _id(route: Route) -> str:
    """The name of the function by which generated clients call it."""
    basename = getattr(route.view, "basename", None)
    return (f"{basename}_{route.action}" if basename else route.name).replace("-", "_")


def _body(route: Route, schema: Schema) -> dict[str, Any]:
    example = getattr(route.view, "example_body", None)
    examples = {"example": example} if example is not None else {}
    limit = getattr(route.view, "max_body_bytes", None)
    return {
        "required": True,
        "description": f"Up to {limit / 1024**2:g} MiB." if limit else "",
        "content": {JSON: {"schema": schema, **examples}},
    }


def _responses(route: Route, operation: Operation, schemas: _Schemas, of_server: Sequence[Problem]) -> dict[str, Any]:
    responses = {
        status: problem_response(route, status, problems)
        for status, problems in problems_of(route, operation, of_server).items()
    }
    responses[operation.status] = response_of(route, operation, schemas.given(operation.response))
    if "ETag" in operation.headers:
        responses[HTTPStatus.NOT_MODIFIED] = not_modified(route)
    responses |= {
        status: other_response(route, status, schemas.given(type_)) for status, type_ in operation.others.items()
    }
    return {str(int(status)): response for status, response in sorted(responses.items())}


def _tag(route: Route) -> str:
    first = route.path.split("/")[1].partition(".")[0]
    return first or "root"


def _tags(routes: Sequence[Described]) -> list[dict[str, str]]:
    """The parts of the API, each with what its first view says of itself."""
    tags: dict[str, str] = {}
    for route, _ in routes:
        words = getdoc(type(route.view)) if hasattr(route.view, "action") else getdoc(route.handler)
        tags.setdefault(_tag(route), (words or "").partition("\n\n")[0])
    return [{"name": name, "description": words} for name, words in tags.items()]
