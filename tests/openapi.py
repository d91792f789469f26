"""The description of the API, and whether a response is what it says."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve
from jsonschema import Draft202012Validator, FormatChecker

from api.openapi.routes import path_of
from config.api_description import api_description

_PROBLEM = "application/problem+json"
_NOT_OF_AN_OPERATION = (405, 500)  # the method is not described, so neither is what it gets; and a fault of ours
LARGE = 200_000  # bytes: such a body is taken for right, for checking it takes seconds


@cache
def description() -> dict[str, Any]:
    """As clients get it: from JSON."""
    described: dict[str, Any] = json.loads(json.dumps(api_description(), default=str))
    return described


def operation_at(method: str, path: str) -> dict[str, Any] | None:
    """What is said of a method of an address; None of what is not part of the API."""
    try:
        route = resolve(path).route
    except Resolver404:
        return None
    operation: dict[str, Any] | None = description()["paths"].get(path_of(route), {}).get(method.lower())
    return operation


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to."""
    while "$ref" in node:
        target: Any = description()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/")]
        node = target
    return node


def problems_of(operation: dict[str, Any], response: Any) -> Iterator[str]:
    """In what a response of Django's test client is not what is said of its operation."""
    if response.status_code in _NOT_OF_AN_OPERATION:
        return
    described = operation["responses"].get(str(response.status_code))
    if described is None:
        yield f"the status {response.status_code} is not described"
        return
    described = resolved(described)
    headers = {name.lower() for name in described.get("headers", {})}
    yield from (f"the header {name} is not described" for name in _told(response) if name not in headers)
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    content = described.get("content", {})
    if media_type == "text/html" and media_type not in content:
        return  # the browsable API
    if media_type not in content:
        if content or _has_body(response):
            yield f"the media type {media_type!r} is not described"
        return
    yield from _problems_of_body(content[media_type], media_type, response)


def problems_with(schema: dict[str, Any], value: object) -> Iterator[str]:
    """In what JSON is not as a schema of the description says."""
    for error in _validator(json.dumps(schema)).iter_errors(value):
        yield f"{error.json_path}: {error.message[:300]}"


def _problems_of_body(content: dict[str, Any], media_type: str, response: Any) -> Iterator[str]:
    if response.streaming or not media_type.endswith("json") or len(response.content) > LARGE:
        return
    if not response.content:  # of HEAD
        return
    body = json.loads(response.content)
    yield from problems_with(content["schema"], body)
    if media_type == _PROBLEM:
        known = {resolved(example)["value"]["type"] for example in content["examples"].values()}
        if body["type"] not in known:
            yield f"the problem {body['type']} is not described"


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": description()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def _has_body(response: Any) -> bool:
    return response.streaming or bool(response.content)


_OURS = (
    "x-request-id",
    "idempotency-replayed",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "location",
    "etag",
    "repr-digest",
    "content-disposition",
    "www-authenticate",
    "accept-encoding",
)


def _told(response: Any) -> Iterator[str]:
    """The headers of a response that are about what was asked, and not about caches and browsers."""
    return (name for name in map(str.lower, response.headers) if name in _OURS)
