from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from invoicing.api.filters import CreditNoteFilters
from invoicing.export import CREDIT_NOTE_COLUMNS, credit_note_csv
from invoicing.models import CreditNote
from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import add_export_arguments, filtered, write_export


class Command(ReportingCommand):
    help = (
        "Write credit notes as CSV, newest first, a row for each credit note, with the columns "
        f"{','.join(CREDIT_NOTE_COLUMNS)}. Amounts are those that are taken back, and not negative. A cell that a "
        "spreadsheet would take for a formula begins with an apostrophe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_export_arguments(parser, CreditNoteFilters)

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(credit_note_csv(filtered(CreditNote.objects.all(), CreditNoteFilters, options)), output)
