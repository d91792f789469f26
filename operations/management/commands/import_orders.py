import json
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.progress import reporting
from operations.importing.orders import NewProducts, import_orders
from orders.importing.column_profiles import PROFILES


class Command(ReportingCommand):
    when_stopped = "what was imported stays, and is skipped when it is repeated"
    help = (
        "Import orders from CSV files with the columns reference,customer_id,sku,quantity and, where there are any, "
        "unit_price,currency,placed_at, and the columns of addresses of /orders.csv, such as bill_to_name and "
        "ship_to_city, and its allow_backorder, true or false, cancelled_quantity, which is not ordered any more, "
        "and name and unit_code, as which the line was sold, whatever the catalogue says. "
        "All rows of a reference, wherever they stand, are one order, which is imported whole or refused whole, with "
        "file, line and reason. Safe to repeat: a reference that was imported before is skipped, and named if it has "
        "other lines now. So are orders of an export that are here, by their order_id, and those that are cancelled or "
        "rejected, by their status or line by line. In the profile online-retail an invoice that begins with C is a "
        "return: it is credited whole to the latest earlier orders of its customer that were invoiced before the "
        "import began, or refused. A file that is not UTF-8 CSV with these columns in every row ends the command "
        "before anything is stored. The exit status is 0 also where orders were refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("files", metavar="FILE", nargs="+", type=arguments.path)
        add("--profile", choices=PROFILES, default="standard", help="the columns that the files have")
        add("--create-products", action="store_true", help="make unknown skus products, as their rows describe them")
        add("--on-hand", metavar="N", type=arguments.units, help="units in stock of each such product (0)")
        add("--tax-rate", metavar="RATE", type=arguments.tax_rate, help="of each such product, a fraction (0.20)")
        add("--default-customer", metavar="ID", type=arguments.text, help="whose orders are that name no customer")
        add("--dry-run", action="store_true", help="report the same, but store nothing")
        add("--rejects", metavar="FILE", type=arguments.path, help="for the refused rows, to mend and import again")
        add("--json", action="store_true", help="report as one JSON object")

    def handle(self, **options: Any) -> str:
        new_products = _new_products(**options)
        with reporting(self.stderr, "importing") as (write_line, progress):
            report = import_orders(
                files=options["files"],
                profile=PROFILES[options["profile"]],
                default_customer=options["default_customer"],
                new_products=new_products,
                dry_run=options["dry_run"],
                rejects=options["rejects"],
                write_line=write_line,
                progress=progress,
            )
        return json.dumps(report.as_json()) if options["json"] else str(report)


def _new_products(
    *, create_products: bool, on_hand: int | None, tax_rate: Decimal | None, **_: Any
) -> NewProducts | None:
    if not create_products and (on_hand is not None or tax_rate is not None):
        raise CommandError("--on-hand and --tax-rate are of use with --create-products only")
    return NewProducts(tax_rate or Decimal("0.20"), on_hand or 0) if create_products else None
