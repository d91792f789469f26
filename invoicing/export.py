"""Invoices and credit notes as CSV: a row for each, with its amounts; those of credit notes are not negative."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from common.chunks import chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount
from common.spreadsheets import neutralise
from invoicing.models import CreditNote, Invoice

COLUMNS = ("number", "issued_at", "order_id", "reference", "customer_id", "currency", "net", "tax", "total")
CREDIT_NOTE_COLUMNS = (*COLUMNS, "invoice_number", "reason", "restock")

_AT_ONCE = 2000  # documents that are in memory
_NEWEST = ("issued_at", "number")
_READ = ("number", "issued_at", "order_id", "order_reference", "customer_id", "currency", "net", "tax", "total")


def invoice_csv(invoices: QuerySet[Invoice]) -> Iterator[bytes]:
    """The file of these invoices, the newest first, in chunks."""
    chunks = chunks_of(invoices.only(*_READ), falling=_NEWEST, size=_AT_ONCE)
    return csv_chunks(COLUMNS, map(_invoice_rows, chunks))


def credit_note_csv(notes: QuerySet[CreditNote]) -> Iterator[bytes]:
    """The file of these credit notes, the newest first, in chunks."""
    chunks = chunks_of(notes.only(*_READ, "invoice_id", "reason", "restock"), falling=_NEWEST, size=_AT_ONCE)
    return csv_chunks(CREDIT_NOTE_COLUMNS, map(_credit_note_rows, chunks))


def _invoice_rows(invoices: Iterable[Invoice]) -> Iterator[Cells]:
    return map(_cells, invoices)


def _credit_note_rows(notes: Iterable[CreditNote]) -> Iterator[Cells]:
    for note in notes:
        texts = (note.invoice_id, note.reason)
        yield (*_cells(note), *map(neutralise, texts), "true" if note.restock else "false")


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
