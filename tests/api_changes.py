"""What of a new description of the API breaks clients that were made for an earlier one."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
_JSON = "application/json"
_LEAST = ("minimum", "minLength", "minItems")
_MOST = ("maximum", "maxLength", "maxItems")


def breaking_changes(old: Document, new: Document) -> Iterator[str]:
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            changed = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            if changed is None:
                yield f"{where}: is gone"
            else:
                yield from (f"{where}: {each}" for each in _of_operation(operation, changed, _Pair(old, new)))


class _Pair:
    """Two documents: `old` is where the first of two schemas is from, `new` the second."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new

    @property
    def swapped(self) -> "_Pair":
        return _Pair(self.new, self.old)


def _of_operation(old: Document, new: Document, pair: _Pair) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"is called {new['operationId']} instead of {old['operationId']}"
    if old["security"] != new["security"]:
        yield f"takes {new['security']} instead of {old['security']}"
    yield from _of_parameters(old, new, pair)
    before, after = _body(old), _body(new)
    if after and not before:
        yield "takes a body"
    elif after:
        yield from _less(before, after, pair, "body", enums=True)
    yield from _of_responses(old, new, pair)


def _of_parameters(old: Document, new: Document, pair: _Pair) -> Iterator[str]:
    before = {each["name"]: each for each in (_resolve(each, pair.old) for each in old["parameters"])}
    after = {each["name"]: each for each in (_resolve(each, pair.new) for each in new["parameters"])}
    yield from (f"the parameter {name} is gone" for name in before.keys() - after.keys())
    for name, parameter in after.items():
        if parameter.get("required") and not before.get(name, {}).get("required"):
            yield f"the parameter {name} is required"
        if name in before:
            yield from _less(before[name]["schema"], parameter["schema"], pair, name, enums=True)


def _of_responses(old: Document, new: Document, pair: _Pair) -> Iterator[str]:
    for status, response in old["responses"].items():
        if status not in new["responses"]:
            if status.startswith("2"):
                yield f"does not answer {status} any more"
            continue
        before, after = _resolve(response, pair.old), _resolve(new["responses"][status], pair.new)
        yield from (
            f"{status} has no {name}" for name in before.get("headers", {}).keys() - after.get("headers", {}).keys()
        )
        for media_type, content in before.get("content", {}).items():
            if media_type not in after.get("content", {}):
                yield f"{status} is not {media_type} any more"
                continue
            now = after["content"][media_type]
            gone = content.get("examples", {}).keys() - now.get("examples", {}).keys()
            yield from (f"{status} is never {name} any more" for name in gone)
            # Clients of before have to understand what it answers now. That enumerations grow, they were told.
            yield from _less(now["schema"], content["schema"], pair.swapped, f"{status} ", enums=False)


def _body(operation: Document) -> Document | None:
    body: Document | None = operation.get("requestBody")
    return body and body["content"][_JSON]["schema"]


def _less(
    first: Document, second: Document, pair: _Pair, where: str, *, enums: bool, seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Why a value that is right by the first schema may be wrong by the second."""
    step = f"{first.get('$ref')} {second.get('$ref')}"
    if "$ref" in first and step in seen:
        return
    seen |= {step}
    first, second = _resolve(first, pair.old), _resolve(second, pair.new)
    ways = {"enums": enums, "seen": seen}
    if "anyOf" in first or "anyOf" in second:
        options = second.get("anyOf", [second])
        for each in first.get("anyOf", [first]):
            found = [list(_less(each, option, pair, where, **ways)) for option in options]
            if all(found):
                yield from min(found, key=len)
        return
    types, taken = _types(first), _types(second)
    if taken and not types <= taken | ({"integer"} if "number" in taken else set()):
        yield f"{where}: {sorted(types)} and not only {sorted(taken)}"
    if enums and "enum" in second and not set(first.get("enum", [None])) <= set(second["enum"]):
        yield f"{where}: may be something else than {second['enum']}"
    yield from (
        f"{where}: {name} is another"
        for name in ("pattern", "format")
        if name in second and first.get(name) != second[name]
    )
    yield from (
        f"{where}: {name}" for name in _LEAST if first.get(name, float("-inf")) < second.get(name, float("-inf"))
    )
    yield from (f"{where}: {name}" for name in _MOST if first.get(name, float("inf")) > second.get(name, float("inf")))
    if "items" in first and "items" in second:
        yield from _less(first["items"], second["items"], pair, f"{where}/*", **ways)
    yield from _less_of_objects(first, second, pair, where, **ways)


def _less_of_objects(first: Document, second: Document, pair: _Pair, where: str, **ways: Any) -> Iterator[str]:
    fields, taken = first.get("properties", {}), second.get("properties", {})
    missing = set(second.get("required", ())) - set(first.get("required", ()))
    yield from (f"{where}/{name}: may be missing" for name in missing)
    for name, field in fields.items():
        if name in taken:
            yield from _less(field, taken[name], pair, f"{where}/{name}", **ways)
        elif second.get("additionalProperties") is False:
            yield f"{where}/{name}: is unknown"


def _types(schema: Document) -> set[str]:
    type_ = schema.get("type")
    if type_ is None:
        return {"string"} if "enum" in schema else set()
    return set(type_) if isinstance(type_, list) else {type_}


def _resolve(node: Document, document: Document) -> Document:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def breaking_events(old: Document, new: Document) -> Iterator[str]:
    """What of a new description of the events breaks readers that were made for an earlier one."""
    pair = _Pair(new, old)
    for type_, message in old["components"]["messages"].items():
        changed = new["components"]["messages"].get(type_)
        if changed is None:
            yield f"{type_}: is gone"
        else:
            yield from _less(changed["payload"], message["payload"], pair, type_, enums=False)
