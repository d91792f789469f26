"""Filters of list pages."""

from datetime import UTC, date, datetime, time

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]
    """Rows from one day to another, both whole and in UTC. Reads no smallest and largest date, as a hierarchy would."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": datetime.combine(first, time.min, UTC)})
        if last:
            queryset = queryset.filter(**{f"{self.field_path}__lte": datetime.combine(last, time.max, UTC)})
        return queryset

    def _day(self, end: str) -> date | None:
        """None where nothing was entered, or no date."""
        day: date | None = parse_date_str(self.used_parameters.get(f"{self.field_path}_{end}", ""))
        return day
