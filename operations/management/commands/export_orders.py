from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import add_export_arguments, filtered, write_export
from orders.api.filters import OrderFilters
from orders.export import COLUMNS, order_csv
from orders.models import Order


class Command(ReportingCommand):
    help = (
        f"Write orders as CSV, newest first, a row for each line, with the columns {','.join(COLUMNS)}. import_orders "
        "takes such a file; an order without a reference stands under its id. A cell that a spreadsheet would take for "
        "a formula begins with an apostrophe, which import_orders takes away. Each order is as it was when it was read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_export_arguments(parser, OrderFilters)

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(order_csv(filtered(Order.objects.all(), OrderFilters, options)), output)
