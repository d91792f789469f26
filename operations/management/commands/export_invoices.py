from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from invoicing.api.filters import InvoiceFilters
from invoicing.export import COLUMNS, invoice_csv
from invoicing.models import Invoice
from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import add_export_arguments, filtered, write_export


class Command(ReportingCommand):
    help = (
        f"Write invoices as CSV, newest first, a row for each invoice, with the columns {','.join(COLUMNS)}. A cell "
        "that a spreadsheet would take for a formula begins with an apostrophe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_export_arguments(parser, InvoiceFilters)

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(invoice_csv(filtered(Invoice.objects.all(), InvoiceFilters, options)), output)
