"""Issuing invoices."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from invoicing.events import OrderConfirmed
from invoicing.models import Invoice
from invoicing.numbering import lock_series, take_numbers
from invoicing.snapshots import Terms, announcement, snapshot
from invoicing.statements import store_invoices
from messaging.outbox import recording


def issue_invoices(events: Sequence[OrderConfirmed]) -> None:
    """Issue an invoice for each confirmed order that has none, with numbers in the order of `events`.

    Runs in the transaction that claims the events. Those who issue in a series do so one after the other, so an order
    that is confirmed twice is seen here to have its invoice; only where the year changes in between, the constraint
    invoice_once_per_order refuses the second, and the next try sees it.
    """
    terms = _terms()
    issued_at = lock_series(terms.series, terms.time_zone)
    orders = _without_invoice(events)
    year = issued_at.astimezone(terms.time_zone).year
    numbers = take_numbers(series=terms.series, year=year, count=len(orders))
    invoices = [
        snapshot(order, terms=terms, sequence=sequence, issued_at=issued_at)
        for order, sequence in zip(orders, numbers, strict=True)
    ]
    store_invoices(invoices)
    recording.record_all(map(announcement, invoices))


def _terms() -> Terms:
    return Terms(
        series=settings.INVOICE_SERIES,
        issuer=settings.INVOICE_ISSUER,
        payment_days=settings.INVOICE_PAYMENT_DAYS,
        time_zone=ZoneInfo(settings.INVOICE_TIME_ZONE),
    )


def _without_invoice(events: Sequence[OrderConfirmed]) -> list[OrderConfirmed]:
    """One event for each order that has no invoice yet, in the order of the events."""
    orders = {event.order_id: event for event in events}
    invoiced = set(Invoice.objects.filter(order_id__in=orders).values_list("order_id", flat=True))
    return [order for order_id, order in orders.items() if order_id not in invoiced]
