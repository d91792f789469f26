from typing import Any

from django.core.management.base import CommandParser

from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.journey.finding import MAX_FOUND, find_orders
from operations.journey.report import journey, summary


class Command(ReportingCommand):
    help = (
        "Where is an order, and why: its state and what it waits for, what happened to it and by whom, its events with "
        "who handled them and when, dead letters, documents and shipments. Of several known by it, a line each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "order",
            metavar="ORDER",
            type=arguments.text,
            help="its id, its reference, a tracking number, or the number of its invoice, a credit note or a shipment",
        )

    def handle(self, *, order: str, **options: Any) -> str:
        found = find_orders(order)
        if len(found) == 1:
            return journey(found[0])
        most = f", the newest {MAX_FOUND} of them" if len(found) == MAX_FOUND else ""
        return "\n".join([f"{len(found)} orders are known by this{most}: name one by its id", *map(summary, found)])
