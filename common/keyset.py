"""Keyset pagination: the rows beyond one, in the order of a list, which an index on that order serves for any page."""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Func, Model, Value
from django.db.models.lookups import GreaterThan, LessThan


def names_of(ordering: Sequence[str]) -> list[str]:
    """The names of an ordering's fields."""
    return [name.lstrip("-") for name in ordering]


def beyond(
    model: type[Model], ordering: Sequence[str], row: Sequence[Any], *, backwards: bool
) -> LessThan | GreaterThan:
    """A row comparison: what comes after `row`, or before it.

    Args:
        ordering: fields that are all ascending or all descending, and identify a row.
        row: its values of these fields.
    """
    fields = [model._meta.get_field(name) for name in names_of(ordering)]
    columns = _row(*(F(name) for name in names_of(ordering)))
    start = _row(*(Value(value, field) for value, field in zip(row, fields, strict=True)))  # type: ignore[arg-type]
    falling = ordering[0].startswith("-")
    return (LessThan if falling != backwards else GreaterThan)(columns, start)


def _row(*expressions: F | Value) -> Func:
    return Func(*expressions, function="ROW", output_field=BooleanField())
