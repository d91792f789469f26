"""Parsing and writing timestamps."""

import re
from datetime import UTC, date, datetime, timedelta

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RFC_3339 = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<minute>\d\d:\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d+)?)?"
    r"(?P<offset>[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?",
    re.ASCII,
)
A_DATE_BY_ITSELF = "A date by itself is its midnight in UTC, with which the day begins."
_WANTED = "must be a time as in RFC 3339, such as 2026-01-31T12:30:00Z"


def parse_timestamp(value: object) -> datetime:
    """A timestamp of RFC 3339, converted to UTC, because PostgreSQL rejects offsets of 16 hours or more.

    What is missing at the end counts as zero: without an offset it is UTC, and a date is its midnight. Digits beyond
    microseconds are cut off. A leap second is the second that follows it, as PostgreSQL has it.

    Raises:
        ValueError: not a timestamp, or in UTC before the year 1 or after the year 9999.
    """
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(_WANTED)
    part = match.groupdict(default="")
    leap = part["second"] == "60"
    second = "59" if leap else part["second"] or "00"
    offset = part["offset"].upper() or "Z"
    try:
        given = datetime.fromisoformat(
            f"{part['date']}T{part['minute'] or '00:00'}:{second}{part['fraction'][:7]}{offset}"
        )
        return given.astimezone(UTC) + timedelta(seconds=leap)
    except OverflowError:
        raise ValueError("must be within the years 1 to 9999 in UTC") from None
    except ValueError:
        raise ValueError(_WANTED) from None


def parse_day(value: object) -> date:
    """A day, as in 2026-01-31.

    Raises:
        ValueError: not a day that there is, in this form.
    """
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a day, such as 2026-01-31")


def utc_text(at: datetime, *, timespec: str, separator: str = "T") -> str:
    """A time in UTC, without an offset, to the unit of `timespec`, as `isoformat` has it.

    Its year has four digits, which the importers want: that of strftime has fewer before the year 1000.
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(separator, timespec)
