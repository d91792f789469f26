from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from common.text import number_of
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.republishing import overdue, republish


class Command(ReportingCommand):
    help = (
        "Publish the events of orders again, made anew from what is stored: for events that Kafka deleted, by its "
        "retention for one, before a consumer had read them. `audit_pipeline` names such orders. Consumers do nothing "
        "twice, so it is safe to repeat; others who read the topics get these events a second time, under other ids."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("orders", metavar="ORDER", type=arguments.order_id, nargs="*", help="the id of an order")
        parser.add_argument(
            "--overdue",
            metavar="SECONDS",
            type=arguments.seconds,
            help="all orders placed so long ago that lack something which an event of theirs should have caused, where "
            "none is under way",
        )

        parser.add_argument(
            "--even-discarded",
            action="store_true",
            help="also orders of which an event was discarded: it is handled after all",
        )

    def handle(self, *, orders: list[UUID], even_discarded: bool, **options: Any) -> str:
        if bool(orders) == (options["overdue"] is not None):
            raise CommandError("give either the ids of orders or --overdue")
        order_ids = orders or overdue(timedelta(seconds=options["overdue"]))
        events = number_of(republish(order_ids, even_discarded=even_discarded), "event", "events")
        return f"published again: {events} of {number_of(len(set(order_ids)), 'order', 'orders')}"
