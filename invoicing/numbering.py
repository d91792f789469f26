"""Numbers of invoices and credit notes without gaps: a series counts from 1 every year, by the time of the issuer."""

from datetime import datetime, tzinfo

from django.utils import timezone

from invoicing.models import InvoiceCounter


def lock_series(series: str, time_zone: tzinfo) -> datetime:
    """Become the only one to issue in this series until the transaction ends; the moment of issue, in UTC.

    What is read from now on was committed by those who issued before. The moment is one under the lock, so that times
    follow numbers: who waited for the lock over New Year goes on to the new year's counter.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    now = timezone.now()
    while True:
        year = now.astimezone(time_zone).year
        _lock_all(series, year)
        if (now := timezone.now()).astimezone(time_zone).year == year:
            return now


def take_numbers(*, series: str, year: int, count: int) -> range:
    """The next `count` numbers of a series in a year. A rollback gives them back.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    counter = _lock(series, year)
    first = counter.last + 1
    counter.last += count
    counter.save(update_fields=["last"])
    return range(first, first + count)


def _lock_all(series: str, year: int) -> None:
    """All counters of the series, so that who issues in the new year waits for who still issues in the old one."""
    counters = InvoiceCounter.objects.select_for_update().filter(series=series).order_by("year")
    if year not in {counter.year for counter in counters}:
        _lock(series, year)


def _lock(series: str, year: int) -> InvoiceCounter:
    counters = InvoiceCounter.objects.select_for_update().filter(series=series, year=year)
    if (counter := counters.first()) is None:
        InvoiceCounter.objects.bulk_create([InvoiceCounter(series=series, year=year)], ignore_conflicts=True)
        counter = counters.get()
    return counter
