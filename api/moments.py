"""Moments in time as clients name them."""

from datetime import UTC, datetime


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC: PostgreSQL takes no offset of 16 hours or more.

    Raises:
        ValueError: it names no offset, or in UTC it is before the year 1 or after the year 9999.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment without an offset from UTC.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("Beyond the years 1 to 9999 in UTC.") from None
