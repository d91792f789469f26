"""What invoicing has announced about orders, made anew from what is stored."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from api.money import format_amount
from invoicing.events import InvoiceIssued
from invoicing.models import Invoice


def announcements(order_ids: Collection[UUID]) -> list[InvoiceIssued]:
    """The invoices of these orders, as far as there are any."""
    return [_announcement(invoice) for invoice in Invoice.objects.filter(order_id__in=order_ids).order_by("order_id")]


def _announcement(invoice: Invoice) -> InvoiceIssued:
    def amount(stored: Decimal) -> Decimal:
        return Decimal(format_amount(stored, invoice.currency))

    return InvoiceIssued(
        order_id=invoice.order_id,
        number=invoice.number,
        issued_at=invoice.issued_at,
        client_id=invoice.client_id,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        net=amount(invoice.net),
        tax=amount(invoice.tax),
        total=amount(invoice.total),
    )
