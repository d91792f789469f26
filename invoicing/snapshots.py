"""An invoice as it is issued: what was ordered, and who bills it. Amounts are copied, never computed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from invoicing.events import InvoiceIssued, Line, OrderConfirmed, Tax


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All columns of an invoice, by their names; times are in UTC."""

    number: str
    series: str
    year: int
    sequence: int
    order_id: UUID
    order_reference: str
    client_id: int
    customer_id: str
    issued_at: datetime
    issuer: Mapping[str, str]
    bill_to: Mapping[str, str]
    currency: str
    lines: list[Line]
    taxes: list[Tax]
    net: Decimal
    tax: Decimal
    total: Decimal


def format_number(*, series: str, year: int, sequence: int) -> str:
    """INV-2026-000001; the seventh digit comes when it is needed."""
    return f"{series}-{year}-{sequence:06}"


def snapshot(
    order: OrderConfirmed, *, series: str, sequence: int, issued_at: datetime, issuer: Mapping[str, str]
) -> Snapshot:
    return Snapshot(
        number=format_number(series=series, year=issued_at.year, sequence=sequence),
        series=series,
        year=issued_at.year,
        sequence=sequence,
        order_id=order.order_id,
        order_reference=order.reference,
        client_id=order.client_id,
        customer_id=order.customer_id,
        issued_at=issued_at,
        issuer=issuer,
        bill_to={"customer_id": order.customer_id},
        currency=order.currency,
        lines=order.lines,
        taxes=order.taxes,
        net=order.net,
        tax=order.tax,
        total=order.total,
    )


def announcement(invoice: Snapshot) -> InvoiceIssued:
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
