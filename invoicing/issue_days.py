"""Finding invoices and credit notes by the days that they bear, which are those of their issuers."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from invoicing.models import CreditNote, Document, Invoice

_ISSUE_DATE = Cast(
    Func(F("time_zone"), F("issued_at"), function="timezone", output_field=DateTimeField()), output_field=DateField()
)
_FARTHEST = timedelta(days=1)  # of a day from that of UTC: time zones are at most 14 hours from it


def issued_within(documents: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
    """The documents of the days from one to another, both whole; without one of them there is no such end.

    The days in UTC, which are too many, are there for the index.
    """
    days = Q()
    if first:
        days &= Q(issue_date__gte=first)
        documents = documents.filter(issued_at__gte=datetime.combine(_moved(first, -_FARTHEST), time.min, UTC))
    if last:
        days &= Q(issue_date__lte=last)
        documents = documents.filter(issued_at__lte=datetime.combine(_moved(last, _FARTHEST), time.max, UTC))
    if documents.model is not Document:
        return _of_days(documents, days)
    # The list of both knows no time zones.
    kinds: list[QuerySet[Any]] = [Invoice.objects.all(), CreditNote.objects.all()]
    of_invoices, of_credit_notes = (Exists(_of_days(kind.filter(pk=OuterRef("pk")), days)) for kind in kinds)
    return documents.filter(of_invoices | of_credit_notes)


def _of_days(documents: QuerySet[Any], days: Q) -> QuerySet[Any]:
    found: QuerySet[Any] = documents.alias(issue_date=_ISSUE_DATE).filter(days)
    return found


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:  # the first day that there is, or the last
        return day
