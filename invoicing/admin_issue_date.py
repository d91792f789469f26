"""Filtering lists of invoices and credit notes by the day that they bear."""

from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, DateTimeField, F, Func, Model, QuerySet
from django.db.models.functions import Cast

from backoffice.filters import DayRangeFilter

_ISSUE_DATE = Cast(
    Func(F("time_zone"), F("issued_at"), function="timezone", output_field=DateTimeField()), output_field=DateField()
)
_FARTHEST = timedelta(days=1)  # of a day from that of UTC: time zones are at most 14 hours from it


class IssueDateFilter(DayRangeFilter):
    """Documents of the days from one to another, as they bear them: by the time of the issuer at their issue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "issue date"

    def within(self, queryset: QuerySet[Model], first: date | None, last: date | None) -> QuerySet[Model]:
        """The rows of these days. The days in UTC, which are too many, are there for the index."""
        since, until = first and _moved(first, -_FARTHEST), last and _moved(last, _FARTHEST)
        near: QuerySet[Model] = super().within(queryset, since, until).alias(issue_date=_ISSUE_DATE)
        if first:
            near = near.filter(issue_date__gte=first)
        if last:
            near = near.filter(issue_date__lte=last)
        return near


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:  # the first day that there is, or the last
        return day
