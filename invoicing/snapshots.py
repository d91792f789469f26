"""An invoice as it is issued: what was ordered, and who bills it. Amounts are copied, never computed.

A credit note as it is issued is in credit_notes.py; `DocumentSnapshot` here is what both have alike.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from common.parties import BilledParty, Party
from invoicing.events import InvoiceIssued, Line, OrderConfirmed, Tax


class DocumentSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that invoices and credit notes have alike, by their names; times are in UTC."""

    number: str
    series: str
    year: int
    sequence: int
    order_id: UUID
    order_reference: str
    client_id: int
    customer_id: str
    issued_at: datetime
    issuer: Mapping[str, Any]
    time_zone: str
    currency: str
    lines: list[Line]
    taxes: list[Tax]
    net: Decimal
    tax: Decimal
    total: Decimal


class InvoiceSnapshot(DocumentSnapshot, frozen=True, kw_only=True):
    """All columns of an invoice."""

    bill_to: BilledParty
    ship_to: Party | None
    due_date: date
    payment_days: int


def format_number(*, series: str, year: int, sequence: int) -> str:
    """INV-2026-000001; the seventh digit comes when it is needed."""
    return f"{series}-{year}-{sequence:06}"


class InvoiceTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What all invoices of an issuer have in common.

    `issuer` is a common.parties.Issuer, `payment_days` go from the day of issue to the due date, both by `time_zone`.
    """

    series: str
    issuer: Mapping[str, Any]
    payment_days: int
    time_zone: ZoneInfo


def snapshot(order: OrderConfirmed, *, terms: InvoiceTerms, sequence: int, issued_at: datetime) -> InvoiceSnapshot:
    issued_on = issued_at.astimezone(terms.time_zone).date()
    return InvoiceSnapshot(
        number=format_number(series=terms.series, year=issued_on.year, sequence=sequence),
        series=terms.series,
        year=issued_on.year,
        sequence=sequence,
        order_id=order.order_id,
        order_reference=order.reference,
        client_id=order.client_id,
        customer_id=order.customer_id,
        issued_at=issued_at,
        issuer=terms.issuer,
        bill_to=_billed(order),
        ship_to=order.ship_to,
        due_date=issued_on + timedelta(days=terms.payment_days),
        payment_days=terms.payment_days,
        time_zone=terms.time_zone.key,
        currency=order.currency,
        lines=order.lines,
        taxes=order.taxes,
        net=order.net,
        tax=order.tax,
        total=order.total,
    )


def _billed(order: OrderConfirmed) -> BilledParty:
    address = msgspec.structs.asdict(order.bill_to) if order.bill_to else {}
    return BilledParty(customer_id=order.customer_id, **address)


def announcement(invoice: InvoiceSnapshot) -> InvoiceIssued:
    return InvoiceIssued(
        order_id=invoice.order_id,
        number=invoice.number,
        issued_at=invoice.issued_at,
        client_id=invoice.client_id,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        net=invoice.net,
        tax=invoice.tax,
        total=invoice.total,
    )
