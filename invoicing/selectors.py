"""Reading invoices."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from common.money import format_amount
from invoicing.events import InvoiceIssued
from invoicing.exceptions import UnknownInvoice
from invoicing.models import Invoice


def visible_invoices(user: Any) -> QuerySet[Invoice]:
    """The invoices that a user may see: of the orders that it placed, or all with the permission to view invoices."""
    if user.has_perm("invoicing.view_invoice"):
        return Invoice.objects.all()
    return Invoice.objects.filter(client_id=user.pk)


def whole_invoices(invoices: Iterable[Invoice]) -> list[Invoice]:
    """Invoices of which only some columns were read, with all, in the same order."""
    numbers = [invoice.number for invoice in invoices]
    whole = Invoice.objects.in_bulk(numbers)
    return [whole[number] for number in numbers]


def visible_invoice(user: Any, number: str) -> Invoice:
    """Raises:
    UnknownInvoice: there is none that this user may see.
    """
    invoice = visible_invoices(user).filter(number=number).first()
    if invoice is None:
        raise UnknownInvoice(number)
    return invoice


class IssuedNumber(msgspec.Struct, frozen=True):
    """As much of an invoice as orders look at."""

    order_id: UUID
    number: str


def recorded_numbers(order_ids: Collection[UUID]) -> Mapping[UUID, IssuedNumber]:
    """The numbers of the invoices of these orders, by one query; without those that have no invoice."""
    issued = Invoice.objects.filter(order_id__in=order_ids).values_list("order_id", "number")
    return {order_id: IssuedNumber(order_id, number) for order_id, number in issued}


def recorded_invoices(order_ids: Collection[UUID]) -> Mapping[UUID, InvoiceIssued]:
    """What `invoice.issued` says of these orders, by one query; without those that have no invoice."""
    invoices = Invoice.objects.filter(order_id__in=order_ids).values(*InvoiceIssued.__struct_fields__)
    return {invoice["order_id"]: InvoiceIssued(**invoice | _amounts(invoice)) for invoice in invoices}


def _amounts(invoice: Mapping[str, Any]) -> dict[str, Decimal]:
    """Its amounts with as many decimals as the currency has."""
    return {name: Decimal(format_amount(invoice[name], invoice["currency"])) for name in ("net", "tax", "total")}
