"""Numbers of invoices and credit notes without gaps: a series counts from 1 every year, by the time of the issuer."""

from datetime import datetime, timedelta, tzinfo

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from invoicing import statements

_CLOCKS_DIFFER = timedelta(minutes=5)  # of machines that issue; a clock that is farther ahead is taken for wrong


def lock_series(series: str, time_zone: tzinfo, *, after: datetime | None = None) -> datetime:
    """Become the only one to issue in this series until the transaction ends; the moment of issue, in UTC.

    What is read from now on was committed by those who issued before. The moment is one under the lock, so that times
    follow numbers: who waited for the lock over New Year goes on to the new year's counter. Nor is it before what was
    issued last in this series, or before `after`, by a machine whose clock is somewhat ahead of this one's.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    _require_transaction()
    now = timezone.now()
    while True:
        year = now.astimezone(time_zone).year
        _lock_all(series, year)
        if (now := _now(series, after)).astimezone(time_zone).year == year:
            return now


def take_numbers(*, series: str, year: int, count: int) -> range:
    """The next `count` numbers of a series in a year. A rollback gives them back.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    _require_transaction()
    last = statements.add_to_counter(series=series, year=year, count=count)
    return range(last - count + 1, last + 1)


def _now(series: str, after: datetime | None) -> datetime:
    now = timezone.now()
    before = [at for at in (statements.last_issue(series), after) if at and at <= now + _CLOCKS_DIFFER]
    return max([now, *before])


def _lock_all(series: str, year: int) -> None:
    """Lock all counters of the series: whoever issues in the new year waits for whoever still issues in the old one."""
    if year not in statements.lock_counters(series):
        statements.add_to_counter(series=series, year=year, count=0)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("numbers are given out in the transaction that issues")
