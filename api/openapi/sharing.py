"""Sharing what many operations have in common, by references: that makes the document a third of its size."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from api.problems import CONTENT_TYPE

Paths = Mapping[str, Mapping[str, Any]]


def share_examples(paths: Paths) -> dict[str, Any]:
    """The examples of all problems, by name; the operations get references to them."""
    shared: dict[str, Any] = {}
    for _, _, response in _problems(paths):
        media_type = response["content"][CONTENT_TYPE]
        shared |= media_type["examples"]
        media_type["examples"] = {name: _reference("examples", name) for name in media_type["examples"]}
    return dict(sorted(shared.items()))


def share_responses(paths: Paths) -> dict[str, Any]:
    """The commonest response of each status, by name; the operations that have it get references to it."""
    variants: dict[str, Counter[bytes]] = defaultdict(Counter)
    for _, status, response in _problems(paths):
        variants[status][msgspec.json.encode(response)] += 1
    commonest = {status: responses.most_common(1)[0][0] for status, responses in variants.items()}
    for responses, status, response in list(_problems(paths)):
        if msgspec.json.encode(response) == commonest[status]:
            responses[status] = _reference("responses", _name_of(status))
    return {_name_of(status): msgspec.json.decode(encoded) for status, encoded in sorted(commonest.items())}


def _problems(paths: Paths) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """The responses of all operations that are problems: with those beside it, and with its status."""
    for operations in paths.values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if CONTENT_TYPE in response.get("content", {}):
                    yield operation["responses"], status, response


def _name_of(status: str) -> str:
    return "".join(word.capitalize() for word in HTTPStatus(int(status)).phrase.replace("-", " ").split())


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
