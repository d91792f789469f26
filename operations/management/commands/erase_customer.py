from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.text import number_of
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.erasure.erasing import erase_customer
from operations.erasure.report import report_of


class Command(ReportingCommand):
    help = (
        "Erase what is known of a customer: orders that led to no invoice become those of a pseudonym, without "
        "address, reference and reason; dead letters are emptied, stored responses deleted. Issued invoices and credit "
        "notes, and the orders that they stand on, remain, for the law has them kept: docs/personal-data.md. Safe to "
        "repeat. The exit status is 1 if orders are still under way: erase again when they have come to their end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", metavar="ID", type=arguments.text, help="the customer's id, as on its orders")
        parser.add_argument("--dry-run", action="store_true", help="say what would be erased, and change nothing")
        parser.add_argument("--by", metavar="NAME", type=arguments.text, help="who does it, if not who runs this")

    def handle(self, *, customer: str, dry_run: bool, by: str | None, **options: Any) -> None:
        erasure = erase_customer(customer, by=by or arguments.user(), dry_run=dry_run)
        self.stdout.write(report_of(erasure, dry_run=dry_run))
        if erasure.under_way:
            under_way = number_of(len(erasure.under_way), "order is", "orders are")
            raise CommandError(f"{under_way} under way: erase again when all have ended")
