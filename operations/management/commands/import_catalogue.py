from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from common.text import number_of
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.progress import reporting
from operations.importing.catalogue import COLUMNS, import_catalogue


class Command(ReportingCommand):
    help = (
        f"Import products from CSV files with the columns {','.join(COLUMNS.required)}. Skus that are new are added, "
        "others brought up to date; the units on hand are brought to the given number by a movement of the ledger. "
        "tax_rate is a fraction: 0.2 is 20 %. With a column valid_from, a price begins at that time, which is to come; "
        "where the cell is empty, at once. All lines of all files are imported in one transaction or, if any "
        "is wrong, none: then each problem is named with file, line, column and reason, and the exit status is 1. "
        "Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", type=arguments.path)

    def handle(self, *, files: list[Path], **options: Any) -> str:
        with reporting(self.stderr, "importing") as (write_line, _):
            products = import_catalogue(files=files, write_line=write_line)
        return f"{number_of(products, 'product', 'products')} imported"
