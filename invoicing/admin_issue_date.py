"""Filtering lists of invoices and credit notes by the day that they bear."""

from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from backoffice.filters import DayRangeFilter
from invoicing.issue_days import issued_within


class IssueDateFilter(DayRangeFilter):
    """Documents of the days from one to another, as they bear them: by the time of the issuer at their issue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "issue date"

    def within(self, queryset: QuerySet[Model], first: date | None, last: date | None) -> QuerySet[Model]:
        return issued_within(queryset, first, last)
