"""manage.py dead_letters"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from messaging.dead_letters import listing
from messaging.dead_letters.rehearsal import rehearse
from messaging.dead_letters.replay import DeadLetterService
from messaging.dead_letters.replays import ReplayPace, go_on, order_replays, stop
from messaging.dead_letters.selection import Choice
from operations.cli import arguments, dead_letter_arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.progress import reporting
from operations.cli.replaying import carry_out, told_of_discarding
from operations.pipeline import CONSUMERS


class Command(ReportingCommand):
    help = (
        "Look at the messages that a consumer could not handle, have them handled after all, or let them go. "
        "Later messages of the same order wait behind them, and follow in order. Who did what stays on record. "
        "The exit status is 1 if anything failed again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        dead_letter_arguments.add(parser)

    def handle(self, *, action: str, **options: Any) -> str:
        by = options.get("by") or arguments.user()
        match action:
            case "list":
                return listing.table(everything=options["all"])
            case "show":
                return listing.details(*options["ids"], whole=options["whole"])
            case "replays":
                return listing.replays()
            case "stop":
                stop(pk=options["replay"], by=by)
                return "it stops before the next order; what it has not come to stays open"
            case "go-on":
                return self._carry(go_on(*options["replays"]), by)
            case "discard":
                service = DeadLetterService(CONSUMERS, by=by)
                return told_of_discarding(service.discard(options["ids"], reason=options["reason"]))
        return self._replay(options, by)

    def _replay(self, options: dict[str, Any], by: str) -> str:
        if options["ids"] and options["consumer"]:
            raise CommandError("--consumer goes with --all or --cause: ids are of one consumer each")
        choice = Choice(ids=options["ids"], consumer=options["consumer"] or "", cause=options["cause"] or "")
        if options["dry_run"]:
            return str(rehearse(choice=choice, consumers=CONSUMERS))
        pace = ReplayPace(
            stepped=options["stepped"],
            per_second=options["per_second"],
            stop_at_failure=options["stop_at_failure"],
        )
        return self._carry(order_replays(choice=choice, consumers=CONSUMERS, by=by, pace=pace), by)

    def _carry(self, replays: list[Any], by: str) -> str:
        with reporting(self.stderr, "replaying") as (_write, show):
            return carry_out(replays, by=by, show=show)
