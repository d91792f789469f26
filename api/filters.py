"""Filters that refuse what they don't understand: a misspelt parameter must not return everything."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters.fields import IsoDateTimeField
from django_filters.filters import IsoDateTimeFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from api.exceptions import BadParameters, ParameterError
from api.moments import in_utc


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """django-filter with 400 for unknown, repeated or senseless parameters (django-filter#1740)."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        fields = filterset.form.fields if filterset else {}
        known = {*fields, *page_parameters(view)}
        errors = list(_misused(request, known))
        if filterset and not filterset.is_valid():
            errors += [
                ParameterError(name, " ".join(map(str, problems))) for name, problems in filterset.errors.items()
            ]
        if errors:
            raise BadParameters(errors)
        return filterset.qs if filterset else queryset


class _MomentField(IsoDateTimeField):  # type: ignore[misc]
    def to_python(self, value: object) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment and in_utc(moment)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class MomentFilter(IsoDateTimeFilter):  # type: ignore[misc]
    """A moment as RFC 3339 writes it; UTC where it names no offset."""

    field_class = _MomentField


def page_parameters(view: APIView) -> list[str]:
    """The query parameters of a view's paginator."""
    paginator = getattr(view, "paginator", None)
    return [] if paginator is None else [paginator.cursor_query_param, paginator.page_size_query_param]


def _misused(request: Request, known: set[str]) -> Iterator[ParameterError]:
    for name, values in request.query_params.lists():
        if name not in known:
            yield ParameterError(name, f"is unknown here: the parameters are {', '.join(sorted(known))}")
        elif len(values) > 1:
            yield ParameterError(name, "is given more than once")
