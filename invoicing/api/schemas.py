"""Invoices as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from common.money import format_amount
from invoicing.models import Invoice


class InvoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    url: str
    order_id: UUID
    reference: str | None
    customer_id: str
    issued_at: datetime
    issuer: Mapping[str, Any]  # common.parties.Issuer
    bill_to: Mapping[str, Any]  # common.parties.BilledParty
    ship_to: Mapping[str, Any] | None  # common.parties.Party
    due_date: date | None
    payment_days: int | None
    time_zone: str
    currency: str
    lines: Sequence[Mapping[str, Any]]  # invoicing.events.Line, as it was when it was issued
    taxes: Sequence[Mapping[str, Any]]  # invoicing.events.Tax
    net: str
    tax: str
    total: str


def invoice_out(invoice: Invoice, url: str) -> InvoiceOut:
    return InvoiceOut(
        number=invoice.number,
        url=url,
        order_id=invoice.order_id,
        reference=invoice.order_reference or None,
        customer_id=invoice.customer_id,
        issued_at=invoice.issued_at,
        issuer=invoice.issuer,
        bill_to=invoice.bill_to,
        ship_to=invoice.ship_to,
        due_date=invoice.due_date,
        payment_days=invoice.payment_days,
        time_zone=invoice.time_zone,
        currency=invoice.currency,
        lines=invoice.lines,
        taxes=invoice.taxes,
        net=format_amount(invoice.net, invoice.currency),
        tax=format_amount(invoice.tax, invoice.currency),
        total=format_amount(invoice.total, invoice.currency),
    )
