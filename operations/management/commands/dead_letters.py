import getpass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from messaging.exceptions import MessagingError
from messaging.replaying import DeadLetterDesk, Outcome
from operations import dead_letter_lists
from operations.one_shot import OneShotCommand
from operations.pipeline import CONSUMERS


class Command(OneShotCommand):
    help = (
        "Look at the messages that a consumer could not handle, have them handled after all, or let them go. "
        "Later messages of the same order wait behind them, and follow in order. Who did what stays on record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        listing = does.add_parser("list", help="those that are open, oldest first")
        listing.add_argument("--all", action="store_true", help="those that were replayed or discarded too")
        show = does.add_parser("show", help="one of them, whole")
        show.add_argument("ids", metavar="ID", type=int, nargs=1)
        replay = does.add_parser("replay", help="handle them again, each with all of its order from the first on")
        chosen = replay.add_mutually_exclusive_group(required=True)
        chosen.add_argument("ids", metavar="ID", type=int, nargs="*", default=[])
        chosen.add_argument("--all", action="store_true", help="every open one")
        discard = does.add_parser("discard", help="let them go for good; those that wait behind them are handled")
        discard.add_argument("ids", metavar="ID", type=int, nargs="+")
        discard.add_argument("--reason", required=True, help="why: kept with them")

    def handle(self, *, action: str, ids: list[int] | None = None, **options: Any) -> str:
        desk = DeadLetterDesk(CONSUMERS, by=getpass.getuser())
        try:
            if action == "list":
                return dead_letter_lists.table(everything=options["all"])
            if action == "show":
                return dead_letter_lists.whole(*(ids or []))
            if action == "discard":
                return _told(desk.discard(ids or [], reason=options["reason"]))
            outcome = desk.replay(dead_letter_lists.open_ids() if options["all"] else ids or [])
        except MessagingError as error:
            raise CommandError(str(error)) from error
        if outcome.failed:
            raise CommandError(f"{_told(outcome)}: see `dead_letters list`")
        return _told(outcome)


def _told(outcome: Outcome) -> str:
    return f"{outcome.replayed} replayed, {outcome.discarded} discarded, {outcome.failed} failed again"
