"""Invoices and credit notes as CSV: a row for each, with its amounts; those of credit notes are not negative.

`issue_date` is the day by which a document is booked: that of `issued_at`, which is in UTC, where the issuer is.
"""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from common.chunks import chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount
from common.spreadsheets import neutralise
from invoicing.models import CreditNote, Invoice

_AMOUNTS = ("number", "issued_at", "order_id", "reference", "customer_id", "currency", "net", "tax", "total")
# The date came last, so that whoever reads an export by places finds what was there before where it was.
COLUMNS = (*_AMOUNTS, "issue_date")
CREDIT_NOTE_COLUMNS = (*_AMOUNTS, "invoice_number", "reason", "restock", "issue_date")

_AT_ONCE = 2000  # documents that are in memory
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


def _invoice_rows(invoices: Iterable[Invoice]) -> Iterator[Cells]:
    for invoice in invoices:
        yield (*_cells(invoice), invoice.issue_date)


def _credit_note_rows(notes: Iterable[CreditNote]) -> Iterator[Cells]:
    for note in notes:
        texts = (note.invoice_id, note.reason)
        yield (*_cells(note), *map(neutralise, texts), "true" if note.restock else "false", note.issue_date)


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
