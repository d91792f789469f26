"""Reading invoices and credit notes."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Prefetch, Q, QuerySet

from common.money import format_amount
from invoicing import statements
from invoicing.events import CreditedLine, CreditNoteIssued, InvoiceIssued
from invoicing.exceptions import NotAnInvoice, UnknownInvoice
from invoicing.models import CreditNote, Document, Invoice, StoredDocument

_CREDITED_LINE = CreditedLine.__struct_fields__

D = TypeVar("D", Invoice, CreditNote, Document)


def visible(documents: QuerySet[D], user: Any) -> QuerySet[D]:
    """The documents that a user may see: of the orders that it placed, and all with the permission to view invoices.

    Who may view credit notes alone sees those of all.
    """
    if user.has_perm("invoicing.view_invoice"):
        return documents.all()
    seen = Q(client_id=user.pk)
    if user.has_perm("invoicing.view_creditnote"):
        if documents.model is CreditNote:
            return documents.all()
        if documents.model is Document:
            seen |= Q(kind=Document.Kind.CREDIT_NOTE)
    return documents.filter(seen)


def whole_documents(documents: Iterable[Document]) -> list[Invoice | CreditNote]:
    """The invoices and credit notes of a list, with all that they say, in the same order."""
    numbers = [document.number for document in documents]
    whole: dict[str, Invoice | CreditNote] = {**with_credit_notes(Invoice.objects.all()).in_bulk(numbers)}
    whole |= CreditNote.objects.in_bulk([number for number in numbers if number not in whole])
    return [whole[number] for number in numbers]


def visible_document(user: Any, number: str) -> Invoice | CreditNote:
    """Raises:
    UnknownInvoice: there is neither an invoice nor a credit note of this number that this user may see.
    """
    invoice = visible(with_credit_notes(Invoice.objects.all()), user).filter(number=number).first()
    document = invoice or visible(CreditNote.objects.all(), user).filter(number=number).first()
    if document is None:
        raise UnknownInvoice(number, sees_all=user.has_perm("invoicing.view_invoice"))
    return document


def visible_invoice(user: Any, number: str) -> Invoice:
    """Raises:
    UnknownInvoice: there is nothing of this number that this user may see.
    NotAnInvoice: it is a credit note.
    """
    document = visible_document(user, number)
    if isinstance(document, CreditNote):
        raise NotAnInvoice
    return document


def with_credit_notes(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Invoices with the numbers of their credit notes, in the order of issue, by one query more."""
    numbers = CreditNote.objects.only("number", "invoice").order_by("issued_at", "number")
    return invoices.prefetch_related(Prefetch("credit_notes", numbers))


def document_hashes(numbers: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """The SHA-256 of the documents that were made so far in the buyer's language, by number and format."""
    hashes: dict[str, dict[str, str]] = {number: {} for number in numbers}
    made = StoredDocument.objects.filter(number__in=hashes, language="")
    for number, form, sha256 in made.values_list("number", "format", "sha256"):
        hashes[number][form] = sha256
    return hashes


class IssuedNumber(msgspec.Struct, frozen=True):
    """As much of an invoice as orders look at."""

    order_id: UUID
    number: str


def recorded_numbers(order_ids: Collection[UUID]) -> Mapping[UUID, IssuedNumber]:
    """The numbers of the invoices of these orders, by one query; without those that have no invoice."""
    issued = statements.numbers_of(order_ids)
    return {order_id: IssuedNumber(order_id, number) for order_id, number in issued.items()}


def recorded_invoices(order_ids: Collection[UUID]) -> Mapping[UUID, InvoiceIssued]:
    """What `invoice.issued` says of these orders, by one query; without those that have no invoice."""
    invoices = Invoice.objects.filter(order_id__in=order_ids).values(*InvoiceIssued.__struct_fields__)
    return {invoice["order_id"]: InvoiceIssued(**invoice | _amounts(invoice)) for invoice in invoices}


def _amounts(document: Mapping[str, Any]) -> dict[str, Decimal]:
    """The amounts of a document with as many decimals as its currency has."""
    return {name: Decimal(format_amount(document[name], document["currency"])) for name in ("net", "tax", "total")}


def recorded_credit_notes(numbers: Collection[str]) -> Mapping[str, CreditNoteIssued]:
    """What `credit_note.issued` says, by the numbers of credit notes; without those that there are not."""
    return {note.number: _as_event(note) for note in CreditNote.objects.filter(number__in=numbers)}


def credit_notes_of_orders(order_ids: Collection[UUID]) -> Mapping[str, CreditNoteIssued]:
    """What `credit_note.issued` says of these orders, by number, in the order of issue."""
    notes = CreditNote.objects.filter(order_id__in=order_ids).order_by("issued_at", "number")
    return {note.number: _as_event(note) for note in notes}


def _as_event(note: CreditNote) -> CreditNoteIssued:
    columns = {name: getattr(note, name) for name in CreditNoteIssued.__struct_fields__ if name != "invoice_number"}
    columns["lines"] = [CreditedLine(**{name: line[name] for name in _CREDITED_LINE}) for line in note.lines]
    return CreditNoteIssued(invoice_number=note.invoice_id, **columns | _amounts(columns))
