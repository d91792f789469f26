"""Invoices as CSV: a row for each invoice, with its amounts."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from common.chunks import chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount
from common.spreadsheets import neutralise
from invoicing.models import Invoice

COLUMNS = ("number", "issued_at", "order_id", "reference", "customer_id", "currency", "net", "tax", "total")

_AT_ONCE = 2000  # invoices that are in memory
_READ = ("number", "issued_at", "order_id", "order_reference", "customer_id", "currency", "net", "tax", "total")


def invoice_csv(invoices: QuerySet[Invoice]) -> Iterator[bytes]:
    """The file of these invoices, the newest first, in chunks."""
    chunks = chunks_of(invoices.only(*_READ), falling=("issued_at", "number"), size=_AT_ONCE)
    return csv_chunks(COLUMNS, map(_rows, chunks))


def _rows(invoices: Iterable[Invoice]) -> Iterator[Cells]:
    for invoice in invoices:
        texts = (invoice.order_reference, invoice.customer_id)
        amounts = (invoice.net, invoice.tax, invoice.total)
        yield (
            neutralise(invoice.number),
            timestamp(invoice.issued_at),
            invoice.order_id,
            *map(neutralise, texts),
            invoice.currency,
            *(format_amount(amount, invoice.currency) for amount in amounts),
        )
