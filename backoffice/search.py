"""Searching big tables by whole values, each through an index."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet

from common.text import ascii_upper, without_marks

M = TypeVar("M", bound=Model)


class _IsAnyOf(Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


MOST_WORDS = 10
Criterion = Callable[[str], Q | None]  # None: the term can't be one


def matching(rows: QuerySet[M], term: str, criteria: Iterable[Criterion]) -> QuerySet[M]:
    """The rows that `term` names, by whichever criteria know it; all rows if it is empty.

    Marks that nobody sees, which come along with what is pasted, are passed over: nothing that is stored has any.

    Each criterion is first asked whether it finds anything, an index look-up. The list is then filtered by the one that
    does: an OR over several columns and tables would have PostgreSQL read the whole table.
    """
    if not term:
        return rows
    term = without_marks(term).strip()
    if not term or "\x00" in term:  # with which PostgreSQL can't compare
        return rows.none()
    candidates = [condition for criterion in criteria if (condition := criterion(term)) is not None]
    found = [condition for condition in candidates if rows.model._default_manager.filter(condition).exists()]
    return rows.filter(reduce(or_, found)) if found else rows.none()


def exactly(field: str) -> Criterion:
    return lambda term: Q(**{field: term})


def as_number(field: str) -> Criterion:
    """Search a field for the number of a document, as it was typed or in capitals: a series may have small letters."""
    return lambda term: Q(**{f"{field}__in": [term, ascii_upper(term)]})


def as_parsed(field: str, parse: Callable[[str], object]) -> Criterion:
    """Search a field for what `parse` makes of the term; if it raises a ValueError, the term can't be such a value."""

    def condition(term: str) -> Q | None:
        try:
            return Q(**{field: parse(term)})
        except ValueError:
            return None

    return condition


def beginning(field: str, parse: Callable[[str], str]) -> Criterion:
    """Search a field for values that begin with the term, spelled as `parse` spells it."""

    def condition(term: str) -> Q | None:
        try:
            return Q(**{f"{field}__startswith": parse(term)})
        except ValueError:
            return None

    return condition


def with_words(field: str) -> Criterion:
    """Search a text for all words of the term, also as parts of longer ones. Reads all rows: for small tables."""

    def condition(term: str) -> Q | None:
        words = term.split()[:MOST_WORDS]
        return reduce(and_, (Q(**{f"{field}__icontains": word}) for word in words)) if words else None

    return condition


def among(field: str, values: QuerySet[Any, Any]) -> Q:
    """The condition that a field is among the values of a subquery: PostgreSQL finds these first, then rows by index.

    It is for subqueries with a limit. As an IN it would be joined, and for a list of the newest PostgreSQL may then go
    through all rows from the newest on, to find few or none.
    """
    return Q(_IsAnyOf(F(field), ArraySubquery(values)))


def as_uuid(field: str) -> Criterion:
    return as_parsed(field, UUID)
