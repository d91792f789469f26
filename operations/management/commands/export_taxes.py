from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from invoicing.api.filters import DocumentFilters
from invoicing.export import TAX_COLUMNS, tax_csv
from invoicing.models import Document
from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import add_export_arguments, filtered, write_export


class Command(ReportingCommand):
    help = (
        "Write the taxes of invoices and credit notes as CSV, newest first, a row for each category and rate of each, "
        f"with the columns {','.join(TAX_COLUMNS)}. What a credit note takes back is negative, so that the sums of a "
        "period are what is owed for it. A cell that a spreadsheet would take for a formula begins with an apostrophe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_export_arguments(parser, DocumentFilters)

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(tax_csv(filtered(Document.objects.all(), DocumentFilters, options)), output)
