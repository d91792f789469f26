from json import dumps
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.progress import reporting
from operations.importing.stock import COLUMNS, import_stock


class Command(ReportingCommand):
    when_stopped = "nothing was booked; or everything, if that was under way at that moment. It is safe to repeat"
    help = (
        f"Book movements of stock from CSV files with the columns {','.join(COLUMNS.required)} and, where there are "
        f"any, {','.join(COLUMNS.optional)}. kind is receipt (quantity units came in; unit_cost is what one of them "
        "cost, in currency), adjustment (so many more, below 0 less, for a reason) or stock_take (so many there are). "
        "document is what a line goes back to, such as a delivery note, in capitals or not; it names a sku once. All "
        "lines of all files "
        "are booked in one transaction or, if any is wrong, none: then each problem is named with file, line, column "
        "and reason, and the exit status is 1. Safe to repeat: lines that were booked before are skipped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", type=arguments.path)
        parser.add_argument("--dry-run", action="store_true", help="report the same, but book nothing")
        parser.add_argument("--json", action="store_true", help="report as one JSON object")

    def handle(self, *, files: list[Path], dry_run: bool, json: bool, **options: Any) -> str:
        with reporting(self.stderr, "importing") as (write_line, _):
            report = import_stock(files=files, dry_run=dry_run, write_line=write_line)
        return dumps(report.as_json()) if json else str(report)
