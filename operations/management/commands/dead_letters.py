from typing import Any

from django.core.management.base import CommandError, CommandParser

from messaging.dead_letters import listing
from messaging.dead_letters.replay import DeadLetterService
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.pipeline import CONSUMERS


class Command(ReportingCommand):
    help = (
        "Look at the messages that a consumer could not handle, have them handled after all, or let them go. "
        "Later messages of the same order wait behind them, and follow in order. Who did what stays on record. "
        "The exit status is 1 if anything failed again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = arguments.add_action(actions, "list", "the open ones, a line each, oldest first")
        listing.add_argument("--all", action="store_true", help="also those that were replayed or discarded")
        show = arguments.add_action(actions, "show", "one of them, whole: its message, and why it failed")
        show.add_argument("ids", metavar="ID", type=int, nargs=1, help="the number that `list` begins with")
        replay = arguments.add_action(actions, "replay", "handle them, each with all of its order; safe to repeat")
        chosen = replay.add_mutually_exclusive_group(required=True)
        chosen.add_argument("ids", metavar="ID", type=int, nargs="*", default=[], help="those of the orders of these")
        chosen.add_argument("--all", action="store_true", help="all that are open")
        discard = arguments.add_action(actions, "discard", "let them go for good, and handle what waits behind them")
        discard.add_argument("ids", metavar="ID", type=int, nargs="+", help="these, and no others of their orders")
        discard.add_argument("--reason", type=arguments.reason, required=True, help="why; stays on record")
        for changing in (replay, discard):
            changing.add_argument("--by", metavar="NAME", type=arguments.text, help="who does it, if not who runs this")

    def handle(self, *, action: str, **options: Any) -> str:
        if action == "list":
            return listing.table(everything=options["all"])
        if action == "show":
            return listing.details(*options["ids"])
        service = DeadLetterService(CONSUMERS, by=options["by"] or arguments.user())
        if action == "replay":
            outcome = service.replay(listing.open_ids() if options["all"] else options["ids"])
        else:
            outcome = service.discard(options["ids"], reason=options["reason"])
        if outcome.failed:
            raise CommandError(f"{outcome}: see `dead_letters list`")
        return str(outcome)
