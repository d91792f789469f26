"""Invoices and credit notes as CSV: a row for each, with its amounts; those of credit notes are not negative.

Their taxes are a file of both, to be added up for a return: a row for each category and rate of each document, in which
what a credit note takes back is negative.

`issue_date` is the day by which a document is booked: that of `issued_at`, which is in UTC, where the issuer is.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from common.chunks import chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount, plain_text
from common.spreadsheets import neutralise
from invoicing.documents.rows import category_of
from invoicing.models import CreditNote, Document, Invoice
from invoicing.selectors import whole_documents

_AMOUNTS = ("number", "issued_at", "order_id", "reference", "customer_id", "currency", "net", "tax", "total")
# The date came last, so that whoever reads an export by places finds what was there before where it was.
COLUMNS = (*_AMOUNTS, "issue_date")
CREDIT_NOTE_COLUMNS = (*_AMOUNTS, "invoice_number", "reason", "restock", "issue_date")

TAX_COLUMNS = (
    *("number", "kind", "issue_date", "issued_at", "invoice_number", "order_id", "reference", "customer_id"),
    *("vat_id", "country", "goods_to_country", "currency", "tax_category", "tax_rate", "net", "tax"),
)

_AT_ONCE = 2000  # documents that are in memory
_WHOLE_AT_ONCE = 200  # documents that are in memory with their lines
_NEWEST = ("issued_at", "number")
_READ = tuple("order_reference" if name == "reference" else name for name in (*_AMOUNTS, "time_zone"))


def invoice_csv(invoices: QuerySet[Invoice]) -> Iterator[bytes]:
    """The file of these invoices, the newest first, in chunks."""
    chunks = chunks_of(invoices.only(*_READ), falling=_NEWEST, size=_AT_ONCE)
    return csv_chunks(COLUMNS, map(_invoice_rows, chunks))


def credit_note_csv(notes: QuerySet[CreditNote]) -> Iterator[bytes]:
    """The file of these credit notes, the newest first, in chunks."""
    chunks = chunks_of(notes.only(*_READ, "invoice_id", "reason", "restock"), falling=_NEWEST, size=_AT_ONCE)
    return csv_chunks(CREDIT_NOTE_COLUMNS, map(_credit_note_rows, chunks))


def tax_csv(documents: QuerySet[Document]) -> Iterator[bytes]:
    """The file of the taxes of these documents, the newest first, in chunks."""
    chunks = chunks_of(documents, falling=_NEWEST, size=_WHOLE_AT_ONCE)
    return csv_chunks(TAX_COLUMNS, (_tax_rows(whole_documents(chunk)) for chunk in chunks))


def _invoice_rows(invoices: Iterable[Invoice]) -> Iterator[Cells]:
    for invoice in invoices:
        yield (*_cells(invoice), invoice.issue_date)


def _credit_note_rows(notes: Iterable[CreditNote]) -> Iterator[Cells]:
    for note in notes:
        texts = (note.invoice_id, note.reason)
        yield (*_cells(note), *map(neutralise, texts), "true" if note.restock else "false", note.issue_date)


def _tax_rows(documents: Iterable[Invoice | CreditNote]) -> Iterator[Cells]:
    for document in documents:
        first = _said_once(document)
        for tax in document.taxes:
            rate = Decimal(tax["rate"])
            amounts = (_signed(document, tax[name]) for name in ("net", "tax"))
            yield (*first, category_of(tax.get("category"), rate), plain_text(rate), *amounts)


def _said_once(document: Invoice | CreditNote) -> Cells:
    """What a document says of all of its taxes. Goods go to who is billed where nobody else is named."""
    buyer: Mapping[str, Any] = document.bill_to
    destination: Mapping[str, Any] = document.ship_to or buyer
    return (
        neutralise(document.number),
        (Document.Kind.CREDIT_NOTE if isinstance(document, CreditNote) else Document.Kind.INVOICE).value,
        document.issue_date,
        timestamp(document.issued_at),
        neutralise(document.invoice_id if isinstance(document, CreditNote) else document.number),
        document.order_id,
        neutralise(document.order_reference),
        neutralise(document.customer_id),
        buyer.get("vat_id") or "",
        buyer.get("country") or "",
        destination.get("country") or "",
        document.currency,
    )


def _signed(document: Invoice | CreditNote, amount: str) -> str:
    """An amount as it is added up: what is taken back is subtracted."""
    given = Decimal(amount)
    return format_amount(given if isinstance(document, Invoice) else 0 - given, document.currency)


def _cells(document: Invoice | CreditNote) -> Cells:
    texts = (document.order_reference, document.customer_id)
    amounts = (document.net, document.tax, document.total)
    return (
        neutralise(document.number),
        timestamp(document.issued_at),
        document.order_id,
        *map(neutralise, texts),
        document.currency,
        *(format_amount(amount, document.currency) for amount in amounts),
    )
