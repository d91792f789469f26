from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from inventory.export import COLUMNS, stock_csv
from inventory.models import StockItem
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import write_export


class Command(ReportingCommand):
    help = (
        f"Write the levels of all skus as CSV, by sku, with the columns {','.join(COLUMNS)}. The value is that of the "
        "units on hand at their average cost, as of now; empty where nobody named a cost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE", type=arguments.path, help="where to write instead of to stdout")

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(stock_csv(StockItem.objects.all(), whole=True), output)
