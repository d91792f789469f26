"""Filters that reject unknown parameters: a misspelt one must not return everything."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import ChoiceFilter, Filter, UUIDFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from api.exceptions import BadParameters
from common.errors import ParameterError
from common.forms import ParsedField
from common.text import trim


def reject_parameters(request: Request, *, known: Collection[str] = ()) -> None:
    """Check the query of an address that has no parameters but the `known` ones.

    Raises:
        BadParameters: names all others of the query, and those that are given twice or empty.
    """
    if request.META.get("QUERY_STRING") and (errors := list(_misused(request, set(known)))):
        raise BadParameters(errors)


def read_choices(request: Request, choices: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The query parameters of an address whose parameters each have a few values.

    Args:
        choices: the values of each parameter, by its name.

    Raises:
        BadParameters: names all that are unknown, given twice, empty, or have another value.
    """
    errors = list(_misused(request, set(choices)))
    given = {name: trim(value) for name, value in request.query_params.dict().items() if name in choices}
    errors += [
        ParameterError(name, _one_of(sorted(choices[name])))
        for name, value in given.items()
        if value and value not in choices[name]
    ]
    if errors:
        raise BadParameters(errors)
    return given


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """django-filter with 400 for unknown, repeated or invalid parameters (django-filter#1740)."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: APIView) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        return kwargs | {"data": {name: trim(value) for name, value in request.query_params.dict().items()}}

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        fields = filterset.form.fields if filterset else {}
        known = {*fields, *page_parameters(view)}
        errors = list(_misused(request, known))
        if filterset and not filterset.is_valid():
            errors += [
                ParameterError(name, " ".join([*map(str, problems), *_hints(fields[name], filterset.data[name])]))
                for name, problems in filterset.errors.items()
            ]
        if errors:
            raise BadParameters(errors)
        return filterset.qs if filterset else queryset


class PeriodsForm(forms.Form):
    """The values of filters, of which `…_from` and `…_to` are the ends of a period."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for first in [name for name in values if name.endswith("_from")]:
            last = f"{first.removesuffix('_from')}_to"
            if values[first] and values.get(last) and values[last] < values[first]:
                self.add_error(last, f"Must not be before {first}.")
        return values


class ParsedFilter(Filter):  # type: ignore[misc]
    """A filter whose value is parsed by a function of common.fields: `ParsedFilter(parse=parse_text64)`."""

    field_class = ParsedField


class OneOfFilter(ChoiceFilter):  # type: ignore[misc]
    """A filter by one of a few values, which its error names."""

    def __init__(self, *, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        choices = list(choices)
        errors = {"invalid_choice": _one_of(value for value, _ in choices)}
        super().__init__(choices=choices, error_messages=errors, **kwargs)


class _SomeOfField(forms.Field):
    """One of a few values, or several with commas between them; a list of them."""

    def __init__(self, *, values: Collection[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._values = values

    def to_python(self, value: Any) -> list[str]:
        chosen = [trim(each) for each in value.split(",")] if value else []
        if not set(self._values).issuperset(chosen):
            raise forms.ValidationError(_one_of(self._values))
        return chosen


class SomeOfFilter(Filter):  # type: ignore[misc]
    """A filter by one of a few values or by several, which its error names: `SomeOfFilter("status", values=[…])`."""

    field_class = _SomeOfField

    def __init__(self, field_name: str, *, values: Collection[str], **kwargs: Any) -> None:
        super().__init__(field_name, "in", values=values, **kwargs)


class IdFilter(UUIDFilter):  # type: ignore[misc]
    """A filter by the id of an order, whose error says what an id looks like."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages={"invalid": "must be a UUID, as `id` of an order is"}, **kwargs)


def page_parameters(view: APIView) -> list[str]:
    """The query parameters of a view's paginator."""
    paginator = getattr(view, "paginator", None)
    return [] if paginator is None else [paginator.cursor_query_param, paginator.page_size_query_param]


def _one_of(values: Iterable[str]) -> str:
    return f"must be one of {', '.join(values)}"


def _hints(field: forms.Field, value: str) -> Iterator[str]:
    """What to do about a wrong value that would be right with a plus in the place of a space."""
    with_plus = value.replace(" ", "+")
    if with_plus == value:
        return
    try:
        field.clean(with_plus)
    except forms.ValidationError:
        return
    yield "A plus in an address is a space: write it as %2B."


def _listed(known: set[str]) -> str:
    return f"the parameters are {', '.join(sorted(known))}" if known else "there are no parameters"


def _misused(request: Request, known: set[str]) -> Iterator[ParameterError]:
    for name, values in request.query_params.lists():
        if name not in known:
            yield ParameterError(name, f"is unknown here: {_listed(known)}")
        elif len(values) > 1:
            yield ParameterError(name, "is given more than once")
        elif not trim(values[0]):
            yield ParameterError(name, "is empty")
