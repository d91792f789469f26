"""The fields of structs as SQL: of a line, in a table or in JSON that has the alias `line`, and of what clients get."""

import msgspec
from msgspec.structs import FieldInfo, fields


def columns(of: type[msgspec.Struct]) -> str:
    """All fields of a line; one that lines of before do not have in JSON is its default there."""
    return ", ".join(_column(field) for field in fields(of))


def types(of: type[msgspec.Struct]) -> str:
    """All fields of a line with their types, as a column definition list. Numbers are numeric, whatever JSON has."""
    return ", ".join(f"{field.name} {'text' if field.type is str else 'numeric'}" for field in fields(of))


def names(of: type[msgspec.Struct]) -> str:
    """The names of all fields, as an array."""
    return _array(list(fields(of)))


def required(of: type[msgspec.Struct]) -> str:
    """The names of the fields that each line has in JSON, as an array."""
    return _array([field for field in fields(of) if field.required])


def optional(of: type[msgspec.Struct]) -> str:
    """The names of the fields that lines of before do not have in JSON, as an array."""
    return _array([field for field in fields(of) if not field.required])


def _column(field: FieldInfo) -> str:
    if field.required:
        return f"line.{field.name}"
    return f"coalesce(line.{field.name}, '{field.default}') AS {field.name}"


def _array(chosen: list[FieldInfo]) -> str:
    return "ARRAY[" + ", ".join(f"'{field.name}'" for field in chosen) + "]::text[]"
