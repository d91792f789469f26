import threading
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operations.cli.base_command import ReportingCommand
from operations.cli.processes import fail_if_stopped, stop_on_signals
from operations.monitoring.server import metrics_server
from operations.retention.daily import prune_all, run_daily
from operations.retention.kinds import KINDS
from operations.retention.pruning import count_due, for_each, line_of


class Command(ReportingCommand):
    help = (
        "Delete what has outlived its retention: inbox entries, stored responses, resolved dead letters and what else "
        "grows, as the settings say for how long they are kept. In small batches, oldest first, beside everything "
        "else; safe to repeat and to break off. The exit status is 1 if something could not be deleted, or it was "
        "broken off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(kind.name for kind in KINDS)
        parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"any of {names}; all if none is named")
        parser.add_argument("--dry-run", action="store_true", help="say how many rows are due, and delete none")
        parser.add_argument("--daily", action="store_true", help="at once and every day, until SIGTERM")

    def handle(self, *, kinds: list[str], dry_run: bool, daily: bool, **options: Any) -> None:
        if unknown := sorted(set(kinds) - {kind.name for kind in KINDS}):
            raise CommandError(f"there is nothing called {', '.join(unknown)} to prune: see --help")
        if daily and (kinds or dry_run):
            raise CommandError("--daily prunes everything: it goes with nothing else")
        chosen = [kind for kind in KINDS if not kinds or kind.name in kinds]
        with stop_on_signals() as stopping:
            if daily:
                with metrics_server():
                    run_daily(stopping)
            elif dry_run:
                problems = for_each(chosen, lambda kind: self.stdout.write(line_of(count_due(kind), dry_run=True)))
                _fail_if_any(problems, "not counted")
            else:
                self._prune(chosen, stopping)

    def _prune(self, kinds: list[Any], stopping: threading.Event) -> None:
        done, problems = prune_all(kinds, stopping)
        for each in done:
            self.stdout.write(line_of(each))
        _fail_if_any(problems, "not deleted")
        fail_if_stopped(stopping, "not everything that is due is deleted; the next run goes on")


def _fail_if_any(problems: Mapping[str, str], what: str) -> None:
    if problems:
        raise CommandError("; ".join(f"{name}: {what}: {problem}" for name, problem in problems.items()))
