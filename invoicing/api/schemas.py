"""Invoices and credit notes as JSON, and what is asked to be credited."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec

from api.pagination import Page
from common.fields import Text200
from common.money import DecimalText, format_amount
from common.parties import BilledParty, Issuer, Party
from invoicing.crediting import AskedLine
from invoicing.events import Line, Tax
from invoicing.models import CreditNote, Invoice

MAX_LINES = 2000  # of an order, so of an invoice


class CreditIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be credited of an invoice.

    Attributes:
        lines: each `line_no` once. Left out: all that is left.
        restock: whether the units are on hand again: those that were sent, and nothing else.
    """

    lines: (
        Annotated[list[AskedLine], msgspec.Meta(min_length=1, max_length=MAX_LINES, description="a list of lines")]
        | None
    ) = None
    reason: Text200
    restock: bool = False


class InvoiceLine(Line, frozen=True, kw_only=True, omit_defaults=True):
    """A line as it was when it was issued: in earlier ones, what has a default is missing."""


if TYPE_CHECKING:  # what was stored is shown as it is, so it is no struct
    _Party = Mapping[str, Any]
    _Issuer = Mapping[str, Any]
    _BilledParty = Mapping[str, Any]
    _Line = Mapping[str, Any]
    _Tax = Mapping[str, Any]
else:
    _Party, _Issuer, _BilledParty, _Line, _Tax = Party, Issuer, BilledParty, InvoiceLine, Tax


class DocumentHashes(msgspec.Struct, frozen=True, kw_only=True):
    """The SHA-256 of each document in the buyer's language, in hexadecimal digits, as its ETag is.

    A document is made when it is asked for the first time, and stays the same from then on; before, its hash is null.
    """

    pdf: str | None = None
    html: str | None = None
    ubl: str | None = None
    cii: str | None = None


class _DocumentOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What invoices and credit notes have in common."""

    number: str
    url: str
    order_id: UUID
    reference: str | None
    customer_id: str
    issued_at: datetime
    issue_date: date  # the day of `issued_at` in `time_zone`, which the document bears
    issuer: _Issuer
    bill_to: _BilledParty
    ship_to: _Party | None
    due_date: date | None = None
    payment_days: int | None = None
    time_zone: str
    currency: str
    lines: Sequence[_Line]
    taxes: Sequence[_Tax]
    net: DecimalText
    tax: DecimalText
    total: DecimalText
    documents: DocumentHashes
    credit_notes: Sequence[str] = ()  # their numbers, in the order of issue


class InvoiceOut(_DocumentOut, frozen=True, kw_only=True, tag="invoice"):
    """An invoice."""


class CreditNoteOut(_DocumentOut, frozen=True, kw_only=True, tag="credit_note"):
    """A credit note. Quantities and amounts are those that are taken back, and not negative."""

    invoice_number: str
    reason: str
    restock: bool


class DocumentPage(Page[InvoiceOut | CreditNoteOut], frozen=True, kw_only=True):
    """A page of invoices and credit notes."""


def document_out(document: Invoice | CreditNote, url: str, hashes: Mapping[str, str]) -> InvoiceOut | CreditNoteOut:
    """An invoice, whose credit notes were read with it, or a credit note; `hashes` of its documents, by format."""
    if isinstance(document, Invoice):
        numbers = [note.number for note in document.credit_notes.all()]
        return InvoiceOut(
            **_common(document, url, hashes),
            due_date=document.due_date,
            payment_days=document.payment_days,
            credit_notes=numbers,
        )
    return credit_note_out(document, url, hashes)


def credit_note_out(note: CreditNote, url: str, hashes: Mapping[str, str]) -> CreditNoteOut:
    return CreditNoteOut(
        **_common(note, url, hashes), invoice_number=note.invoice_id, reason=note.reason, restock=note.restock
    )


def _common(document: Invoice | CreditNote, url: str, hashes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "number": document.number,
        "url": url,
        "order_id": document.order_id,
        "reference": document.order_reference or None,
        "customer_id": document.customer_id,
        "issued_at": document.issued_at,
        "issue_date": document.issue_date,
        "issuer": document.issuer,
        "bill_to": document.bill_to,
        "ship_to": document.ship_to,
        "time_zone": document.time_zone,
        "currency": document.currency,
        "lines": document.lines,
        "taxes": document.taxes,
        "net": format_amount(document.net, document.currency),
        "tax": format_amount(document.tax, document.currency),
        "total": format_amount(document.total, document.currency),
        "documents": DocumentHashes(**hashes),
    }
