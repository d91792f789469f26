"""The command line of `manage.py dead_letters`."""

from django.core.management.base import CommandParser

from messaging.dead_letters.replays import MOST_PER_SECOND
from operations.cli import arguments
from operations.cli.arguments import row_id
from operations.pipeline import CONSUMERS


def add(parser: CommandParser) -> None:
    """Add its actions."""
    actions = parser.add_subparsers(dest="action", required=True, parser_class=arguments.ArgumentParser)
    listing = arguments.add_action(actions, "list", "the open ones, a line each, oldest first")
    listing.add_argument("--all", action="store_true", help="also those that were replayed or discarded")
    show = arguments.add_action(actions, "show", "one of them: its message, and why it failed")
    show.add_argument("ids", metavar="ID", type=row_id, nargs=1, help="the number that `list` begins with")
    show.add_argument("--whole", action="store_true", help="with the personal data in its message")
    replay = arguments.add_action(actions, "replay", "handle them, each with all of its order; safe to repeat")
    _add_choice(replay)
    _add_pace(replay)
    arguments.add_action(actions, "replays", "the last 100 replays, a line each, newest first")
    go_on = arguments.add_action(actions, "go-on", "have stepped replays take the next step, ten times as large")
    go_on.add_argument("replays", metavar="REPLAY", type=row_id, nargs="+", help="the numbers of `replays`")
    stop = arguments.add_action(actions, "stop", "stop a replay before the next order")
    stop.add_argument("replay", metavar="REPLAY", type=row_id, help="the number that `replays` begins with")
    discard = arguments.add_action(actions, "discard", "let them go for good, and handle what waits behind them")
    discard.add_argument("ids", metavar="ID", type=row_id, nargs="+", help="these, and no others of their orders")
    discard.add_argument("--reason", type=arguments.reason, required=True, help="why; stays on record")
    for changing in (replay, go_on, stop, discard):
        changing.add_argument("--by", metavar="NAME", type=arguments.text, help="who does it, if not who runs this")


def _add_choice(replay: CommandParser) -> None:
    chosen = replay.add_mutually_exclusive_group(required=True)
    chosen.add_argument("ids", metavar="ID", type=row_id, nargs="*", default=[], help="those of the orders of these")
    chosen.add_argument("--all", action="store_true", help="all that are open")
    chosen.add_argument("--cause", metavar="TYPE", type=arguments.text, help="all that failed with errors of this type")
    replay.add_argument("--consumer", choices=sorted(CONSUMERS), help="with --all or --cause: of this consumer only")


def _add_pace(replay: CommandParser) -> None:
    replay.add_argument("--dry-run", action="store_true", help="handle them, tell what came of it, and undo everything")
    replay.add_argument("--stepped", action="store_true", help="stop after 1 order, go-on goes on with 10, 100, …")
    replay.add_argument("--per-second", metavar="N", type=_per_second, help="at most so many events a second")
    replay.add_argument("--stop-at-failure", action="store_true", help="stop at the first one that fails again")


def _per_second(text: str) -> int:
    return arguments.whole_number(text, least=1, most=MOST_PER_SECOND)
