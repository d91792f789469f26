"""Timestamps as RFC 3339 writes them, in queries and in files alike."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.timestamps import parse_timestamp

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22t12:00:00z",
        "2026-11-22 12:00:00Z",
        "2026-11-22T14:00:00+02:00",
        "2026-11-23T11:59:00+23:59",
        "2026-11-22T12:00:00-00:00",
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:00." + "0" * 10_000 + "1Z",
        "2026-11-22T12:00:00",
        "2026-11-22T12:00",
        "2026-11-22T11:59:60Z",
    ],
    ids=lambda text: text[:30],
)
def test_a_timestamp_comes_out_in_utc(text):
    assert (parse_timestamp(text), parse_timestamp(text).tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("1990-12-31T23:59:60Z", datetime(1991, 1, 1, tzinfo=UTC)),  # both are examples of RFC 3339, 5.8
        ("1990-12-31T15:59:60-08:00", datetime(1991, 1, 1, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59.9999999z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_leap_seconds_dates_and_the_ends_of_time_are_timestamps_too(text, timestamp):
    assert parse_timestamp(text) == timestamp


@pytest.mark.parametrize(
    "text",
    [
        *["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z"],
        *["2026-13-01T00:00:00Z", "2026-02-30", "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z", "2026-11-22T12:00:61Z"],
        *["2026-11-22T12:00:00+24:00", "2026-11-22T12:00:00+05:60", "2026-11-22T12:00:00 02:00", "2026-11-22T12Z"],
        *["20261122T120000Z", "2026-W47-7", "2026-11-22T12:00:00,5Z", "2026-11-22T12:00:00.Z", "2026-11-22Z"],
        *["٢٠٢٦-11-22T12:00:00Z", "now", "1e400", "\x00", "", " 2026-11-22", "2026-11-22\n", None, 7],
    ],
)
def test_what_is_no_timestamp_is_refused(text):
    with pytest.raises(ValueError, match=r"^must be"):
        parse_timestamp(text)


@given(st.datetimes(), st.integers(-1439, 1439))
def test_whatever_python_writes_is_read_as_the_same_time(naive, minutes):
    given = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    with suppress(OverflowError):  # beyond the years 1 to 9999 in UTC
        assert parse_timestamp(given.isoformat()) == given.astimezone(UTC)
        assert parse_timestamp(str(given)) == given.astimezone(UTC)


@given(st.from_regex(r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d))?", fullmatch=True))
def test_whatever_looks_like_one_is_read_or_refused(text):
    with suppress(ValueError):
        assert parse_timestamp(text).tzinfo is UTC
