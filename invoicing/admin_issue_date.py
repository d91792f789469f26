"""Filtering lists of invoices and credit notes by the day that they bear."""

from datetime import UTC, date, datetime, time, timedelta
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
        """The rows of these days. The bounds in UTC, which are too wide, are there for the index."""
        queryset = queryset.alias(issue_date=_ISSUE_DATE)
        if first:
            queryset = queryset.filter(issued_at__gte=_at(first, time.min, -_FARTHEST), issue_date__gte=first)
        if last:
            queryset = queryset.filter(issued_at__lte=_at(last, time.max, _FARTHEST), issue_date__lte=last)
        return queryset


def _at(day: date, of_day: time, later: timedelta) -> datetime:
    at = datetime.combine(day, of_day, UTC)
    try:
        return at + later
    except OverflowError:  # the first day that there is, or the last
        return at
