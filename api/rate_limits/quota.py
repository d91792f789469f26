"""Quotas, and their response headers."""

import math
from dataclasses import dataclass

_POLICY = "client"


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of `units` in `window` seconds: all units may be used at once, and are back after the window."""

    units: int
    window: int

    @property
    def interval(self) -> float:
        """Seconds after which one unit is back."""
        return self.window / self.units


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a client's quota.

    Attributes:
        remaining: units.
        full_in: seconds until all units are back.
        wait: seconds until there is a unit, 0 if there is one.
    """

    remaining: int
    full_in: float
    wait: float


def headers_of(quota: Quota, standing: Standing) -> dict[str, str]:
    """The fields of draft-ietf-httpapi-ratelimit-headers-11.

    `t` never ends after the time that Retry-After names, as section 6 asks.
    """
    window = max(math.ceil(standing.wait or standing.full_in), 1)
    return {
        "RateLimit-Policy": f'"{_POLICY}";q={quota.units};w={quota.window}',
        "RateLimit": f'"{_POLICY}";r={standing.remaining};t={window}',
    }
