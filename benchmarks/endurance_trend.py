"""Trends and standstills of series of figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

WARM_UP = 0.1  # the share of a run that is ignored, in which caches fill
MIN_FIGURES = 20  # after the warm-up

Series = Sequence[tuple[float, float]]  # seconds since the beginning, and the figure


@dataclass(frozen=True)
class Trend:
    """Medians of the first and the last fifth after the warm-up, and the slope an hour of a line through all of it."""

    first: float
    last: float
    slope: float
    peak: float

    def grows(self, *, share: float, least: float) -> bool:
        """Whether the end is above the beginning by more than this share of it, and by more than `least`."""
        return self.last - self.first > max(least, share * self.first)


def trend_of(series: Series) -> Trend | None:
    """The trend of a series; None if it has too few figures."""
    if not series:
        return None
    began, ended = series[0][0], series[-1][0]
    counted = [(at, value) for at, value in series if at >= began + WARM_UP * (ended - began)]
    if len(counted) < MIN_FIGURES:
        return None
    values = [value for _, value in counted]
    fifth = len(values) // 5
    hours = [at / 3600 for at, _ in counted]
    slope = linear_regression(hours, values).slope
    return Trend(median(values[:fifth]), median(values[-fifth:]), slope, max(values))


def longest_standstill(series: Series) -> float:
    """The longest time in seconds in which a figure did not rise."""
    longest, since, highest = 0.0, None, float("-inf")
    for at, value in series:
        if value > highest or since is None:
            since, highest = at, value
        longest = max(longest, at - since)
    return longest
