"""Orders and invoices a minute, over the last hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DateTimeField, F, Func, Model, Value
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

MINUTES = 60
_WIDTH, _HEIGHT = 240, 32  # of the plot, in its own units


@dataclass(frozen=True)
class Throughput:
    """Events in each of the last MINUTES minutes, oldest first; the last one ends now, and has what just came."""

    per_minute: Sequence[int]

    @property
    def last_minute(self) -> int:
        return self.per_minute[-1]

    @property
    def last_hour(self) -> int:
        return sum(self.per_minute)

    def plot(self) -> SafeString:
        """A line as SVG, as high as its highest minute."""
        highest = max(*self.per_minute, 1)
        points = (
            f"{_WIDTH * index / (MINUTES - 1):.1f},{_HEIGHT - _HEIGHT * count / highest:.1f}"
            for index, count in enumerate(self.per_minute)
        )
        return format_html(
            '<svg class="operations-plot" viewBox="0 -1 {} {}" role="img" preserveAspectRatio="none">'
            "<title>at most {} a minute</title>"
            '<polyline points="{}" fill="none" stroke="currentColor" vector-effect="non-scaling-stroke"/></svg>',
            _WIDTH,
            _HEIGHT + 2,
            highest,
            " ".join(points),
        )


def throughput_of(model: type[Model], moment: str) -> Throughput:
    """How many rows of a model came into being a minute; `moment` is the column that says when, and is indexed."""
    end = timezone.now()
    start = end - timedelta(minutes=MINUTES)
    counts: Mapping[datetime, int] = dict(
        model._default_manager.filter(**{f"{moment}__gte": start, f"{moment}__lt": end})
        .annotate(minute=_minute_from(start, moment))
        .order_by()
        .values("minute")
        .annotate(count=Count("pk"))
        .values_list("minute", "count")
    )
    return Throughput([counts.get(start + timedelta(minutes=minute), 0) for minute in range(MINUTES)])


def _minute_from(start: datetime, moment: str) -> Func:
    """The beginning of the minute that a time is in, where minutes begin at `start` and not with the clock's."""
    return Func(Value("1 minute"), F(moment), Value(start), function="date_bin", output_field=DateTimeField())
