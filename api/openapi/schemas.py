"""JSON Schema 2020-12 of structs, which msgspec makes, and what it can't know."""

import inspect as python
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from common.field_schemas import SCHEMAS

REFERENCE = "#/components/schemas/{name}"
Schema = dict[str, Any]
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n        .*)*)", re.MULTILINE)  # and the lines that go on
_PARTS = ("type", "types", "item_type", "item_types", "key_type", "value_type")  # of types in msgspec.inspect


def reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(name=name)}


def schemas_of(types: Sequence[Any], *, are_sent: bool) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and those of the structs in them, by name.

    Args:
        are_sent: whether they are those of responses. Then a field that has a default is there all the same, unless its
            struct leaves defaults out.
    """
    own, components = msgspec.json.schema_components(types, schema_hook=checked_schema, ref_template=REFERENCE)
    for struct in (each.cls for each in _structs_in(types) if each.cls.__name__ in components):
        _say_attributes(components[struct.__name__], struct)
        if are_sent and not struct.__struct_config__.omit_defaults:
            _require_all(components[struct.__name__])
    say_times(types, components)
    for component in components.values():
        for field in component.get("properties", {}).values():
            _say_default(field)
    for schema in (*own, *components.values()):
        _say_decimals(schema)
    return list(own), components


def checked_schema(type_: Any) -> Schema:
    """msgspec's `schema_hook` for the types of common.fields."""
    return dict(SCHEMAS[type_.parse])


def say_times(types: Sequence[Any], components: Mapping[str, Schema]) -> None:
    """Say in the schemas of the structs of types which texts are times.

    msgspec does where a type asks for an offset. Those of what is sent do not ask, and always have one.
    """
    for struct in _structs_in(types):
        for field in struct.fields if struct.cls.__name__ in components else ():
            kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
            if any(isinstance(kind, inspect.DateTimeType) for kind in kinds):
                told = components[struct.cls.__name__]["properties"][field.encode_name]
                for option in told.get("anyOf", [told]):
                    if option.get("type") == "string":
                        option["format"] = "date-time"


def _require_all(schema: Schema) -> None:
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


def _say_attributes(schema: Schema, struct: type) -> None:
    """Say of each field what the docstring of its struct, or of a base of it, says in its section "Attributes"."""
    for base in reversed(struct.__mro__):
        words, _, attributes = python.cleandoc(base.__doc__ or "").partition("\n\nAttributes:\n")
        for name, told in _ATTRIBUTE.findall(attributes):
            field, said = schema["properties"][name], " ".join(told.split())
            field["description"] = f"{said[:1].upper()}{said[1:]} {field.get('description', '')}".strip()
    if "description" in schema:
        schema["description"] = words


def _say_default(field: Schema) -> None:
    """Say in words what a field means that is left out, where it is more than null.

    Generators for TypeScript take a field with a `default` for one that is always there, in requests as well.
    """
    if (default := field.pop("default", None)) is not None:
        words = f"{msgspec.json.encode(default).decode()} if it is left out."
        field["description"] = f"{field['description']} {words}" if "description" in field else words


def _say_decimals(schema: Any) -> None:
    """Say by a pattern which texts are decimals, wherever they are in a schema.

    Of `format: decimal`, which is msgspec's, some generators make binary floats: they round, or can't read a string.
    """
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            del schema["format"]
            schema["pattern"] = _DECIMAL
        for part in schema.values():
            _say_decimals(part)
    elif isinstance(schema, list):
        for part in schema:
            _say_decimals(part)


def _structs_in(types: Iterable[Any]) -> Iterator[inspect.StructType]:
    walk: list[Any] = list(inspect.multi_type_info(types))
    seen = set()
    while walk:
        node = walk.pop()
        if isinstance(node, inspect.StructType):
            if node.cls in seen:
                continue
            seen.add(node.cls)
            yield node
            walk += [field.type for field in node.fields]
        else:
            walk += _inner(node)


def _inner(node: Any) -> list[Any]:
    """The types that a type is made of."""
    parts = (getattr(node, name, None) for name in _PARTS)
    return [each for part in parts for each in (part if isinstance(part, tuple) else (part,)) if _is_type(each)]


def _is_type(value: object) -> bool:
    return isinstance(value, inspect.Type)


def merge(components: dict[str, Schema], more: Mapping[str, Schema]) -> None:
    """Raises:
    ValueError: two different things have one name.
    """
    for name, schema in more.items():
        if components.setdefault(name, schema) != schema:
            raise ValueError(f"two structs are called {name}, or one is both taken and given")
