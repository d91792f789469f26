"""Filters of list pages."""

from datetime import UTC, date, datetime, time

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter

from common.text import shorten
from common.timestamps import parse_day

LONGEST = 40  # characters of what was entered, where it is named


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]
    """Rows from one day to another, both whole and in UTC. Reads no smallest and largest date, as a hierarchy would.

    Days are written in one form: `04/03/2026` is another day on either side of the Atlantic. What is no date is said,
    and finds nothing: a list of all rows would pass for those of that day.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        try:
            first, last = self._day("from"), self._day("to")
        except ValueError as error:
            messages.warning(request, str(error))
            return queryset.none()
        if first and last and first > last:
            messages.warning(request, f"No day is from {first} to {last}: the first is after the second.")
        return self.within(queryset, first, last)

    def within(self, queryset: QuerySet[Model], first: date | None, last: date | None) -> QuerySet[Model]:
        """The rows from one day to another; without one of them there is no such end."""
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": datetime.combine(first, time.min, UTC)})
        if last:
            queryset = queryset.filter(**{f"{self.field_path}__lte": datetime.combine(last, time.max, UTC)})
        return queryset

    def _day(self, end: str) -> date | None:
        """None where nothing was entered.

        Raises:
            ValueError: it is no date.
        """
        entered = self.used_parameters.get(f"{self.field_path}_{end}", "").strip()
        try:
            return parse_day(entered) if entered else None
        except ValueError:
            raise ValueError(f"There is no day {shorten(entered, LONGEST)}: write days as 2026-01-31.") from None
