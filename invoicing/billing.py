"""Billing orders: confirmed ones get an invoice, and what was cancelled of them is credited, or never billed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from invoicing.crediting import Credit, issue_credit_notes, lock_invoices
from invoicing.events import OrderCancelled, OrderConfirmed
from invoicing.metrics import observe_invoiced
from invoicing.models import Invoice
from invoicing.numbering import lock_series, take_numbers
from invoicing.snapshots import InvoiceTerms, announcement, snapshot
from invoicing.statements import Cancellation, KnownOrder, keep_cancellations, store_invoices, what_is_known
from invoicing.unsent import CancelledAtOf, ShipmentsOf, no_time_is_known, nothing_was_shipped
from messaging.outbox import recording


def bill_orders(
    events: Sequence[OrderConfirmed | OrderCancelled],
    *,
    shipments_of: ShipmentsOf = nothing_was_shipped,
    cancelled_at_of: CancelledAtOf = no_time_is_known,
) -> None:
    """Issue an invoice for each confirmed order that has none, and credit what was cancelled of orders.

    It comes to the same in whichever order the events of an order come, in one batch or in several: one that was
    cancelled whole before it was billed is never billed; of one that was cancelled in part, that part is credited.

    Runs in the transaction that claims the events. Those who bill do so one after the other, also those who only hear
    of cancellations, so each sees here what was billed and what was cancelled before.
    """
    terms = _terms()
    issued_at = lock_series(terms.series, terms.time_zone)
    confirmed = {event.order_id: event for event in events if isinstance(event, OrderConfirmed)}
    news = keep_cancellations(_first_of_each_order(events))
    known = what_is_known([*confirmed, *news])
    orders = [order for order_id, order in confirmed.items() if _is_to_be_billed(order, known[order_id])]
    _issue_invoices(orders, terms=terms, issued_at=issued_at)
    concerned = news | {order.order_id for order in orders}
    cancelled = {
        order_id: each.cancelled for order_id, each in known.items() if each.cancelled and order_id in concerned
    }
    _credit(cancelled, shipments_of, cancelled_at_of)


def _first_of_each_order(events: Iterable[OrderConfirmed | OrderCancelled]) -> Collection[OrderCancelled]:
    cancelled: dict[UUID, OrderCancelled] = {}
    for event in events:
        if isinstance(event, OrderCancelled):
            cancelled.setdefault(event.order_id, event)
    return cancelled.values()


def _is_to_be_billed(order: OrderConfirmed, known: KnownOrder) -> bool:
    """Whether an order has no invoice yet, and is not cancelled whole."""
    if known.is_invoiced or known.cancelled is None:
        return not known.is_invoiced
    units = _units(known.cancelled)
    return any(units.get(line.line_no, 0) < line.quantity for line in order.lines)


def _issue_invoices(orders: Sequence[OrderConfirmed], *, terms: InvoiceTerms, issued_at: datetime) -> None:
    """Issue invoices, with numbers in the order of `orders`; the series is locked."""
    if not orders:
        return
    year = issued_at.astimezone(terms.time_zone).year
    numbers = take_numbers(series=terms.series, year=year, count=len(orders))
    invoices = [
        snapshot(order, terms=terms, sequence=sequence, issued_at=issued_at)
        for order, sequence in zip(orders, numbers, strict=True)
    ]
    store_invoices(invoices)
    recording.record_all(map(announcement, invoices))
    observe_invoiced([order.order_id for order in orders], issued_at)


def _terms() -> InvoiceTerms:
    return InvoiceTerms(
        series=settings.INVOICE_SERIES,
        issuer=settings.INVOICE_ISSUER,
        payment_days=settings.INVOICE_PAYMENT_DAYS,
        time_zone=ZoneInfo(settings.INVOICE_TIME_ZONE),
    )


def _credit(cancelled: Mapping[UUID, Cancellation], shipments_of: ShipmentsOf, cancelled_at_of: CancelledAtOf) -> None:
    """Credit what was cancelled, as far as it was billed and not credited before. Nothing comes back to stock.

    What was credited of goods that were sent is no part of what is cancelled. All shipments of a cancelled order are
    known: nothing of it is sent any more.
    """
    if not cancelled:
        return
    credits_ = []
    invoices = lock_invoices(Invoice.objects.filter(order_id__in=cancelled).values_list("number", flat=True))
    credited_before = [invoice.order_id for invoice in invoices if invoice.has_credit_notes]
    shipped = shipments_of(credited_before) if credited_before else {}
    cancelled_at = cancelled_at_of(credited_before) if credited_before else {}
    for invoice in invoices:
        order_id, cancellation = invoice.order_id, cancelled[invoice.order_id]
        units = _units(cancellation)
        dated = (cancelled_at[order_id], units) if order_id in cancelled_at else None
        unsent = invoice.unsent(shipped.get(order_id, ()), dated)
        quantities = {
            line_no: min(left, max(0, units.get(line_no, 0) - unsent[line_no]))
            for line_no, left in invoice.left.items()
        }
        if any(quantities.values()):
            credits_.append(Credit(invoice, quantities, reason=cancellation.reason))
    issue_credit_notes(credits_)


def _units(cancelled: Cancellation) -> Mapping[int, int]:
    """What was cancelled of each line, by its number."""
    return {line.line_no: line.quantity for line in cancelled.lines}
