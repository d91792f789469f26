"""A credit note as it is issued: which part of which invoice, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from invoicing.events import CreditedLine, CreditNoteIssued
from invoicing.models import Invoice
from invoicing.portions import Portion
from invoicing.snapshots import DocumentSnapshot, format_number


class CreditNoteSnapshot(DocumentSnapshot, frozen=True, kw_only=True):
    """All columns of a credit note; its parties are those of the invoice, as they were stored."""

    invoice_number: str
    bill_to: Mapping[str, Any]
    ship_to: Mapping[str, Any] | None
    reason: str
    restock: bool
    actor: str


class CreditTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What all credit notes of an issuer have in common; `issuer` is a common.parties.Issuer."""

    series: str
    issuer: Mapping[str, Any]
    time_zone: ZoneInfo


def credit_note(
    invoice: Invoice,
    part: Portion,
    *,
    terms: CreditTerms,
    sequence: int,
    issued_at: datetime,
    reason: str,
    restock: bool,
    actor: str,
) -> CreditNoteSnapshot:
    year = issued_at.astimezone(terms.time_zone).year
    return CreditNoteSnapshot(
        number=format_number(series=terms.series, year=year, sequence=sequence),
        series=terms.series,
        year=year,
        sequence=sequence,
        invoice_number=invoice.number,
        order_id=invoice.order_id,
        order_reference=invoice.order_reference,
        client_id=invoice.client_id,
        customer_id=invoice.customer_id,
        issued_at=issued_at,
        issuer=terms.issuer,
        bill_to=invoice.bill_to,
        ship_to=invoice.ship_to,
        time_zone=terms.time_zone.key,
        currency=invoice.currency,
        lines=part.lines,
        taxes=part.taxes,
        net=part.net,
        tax=part.tax,
        total=part.total,
        reason=reason,
        restock=restock,
        actor=actor,
    )


def announcement(note: CreditNoteSnapshot) -> CreditNoteIssued:
    return CreditNoteIssued(
        order_id=note.order_id,
        number=note.number,
        invoice_number=note.invoice_number,
        issued_at=note.issued_at,
        client_id=note.client_id,
        customer_id=note.customer_id,
        currency=note.currency,
        net=note.net,
        tax=note.tax,
        total=note.total,
        reason=note.reason,
        restock=note.restock,
        lines=[CreditedLine(line_no=line.line_no, sku=line.sku, quantity=line.quantity) for line in note.lines],
    )
