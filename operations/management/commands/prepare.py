"""manage.py prepare"""

import sys
from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from operations.cli.arguments import seconds
from operations.cli.base_command import ReportingCommand
from operations.cli.preparation import Preparation, Step


class Command(ReportingCommand):
    help = (
        "Bring the database's schema and the Kafka topics up to date, in one process: what `migrate` and "
        "`ensure_topics` do. Waits for servers that are just starting. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--static", action="store_true", help="collect the static files too, as `collectstatic`")
        parser.add_argument(
            "--demo", action="store_true", help="load the demo too; the last line of the output is that of `load_demo`"
        )
        parser.add_argument(
            "--wait", type=seconds, default=60, help="how many seconds PostgreSQL and Kafka may each take to come (60)"
        )

    def handle(self, *, static: bool, demo: bool, wait: float, **options: Any) -> None:
        result = StringIO()
        preparation = Preparation(self._say, wait)
        for step in _steps(static=static, demo=demo, result=result):
            preparation.run(step)
        self.stdout.write(result.getvalue(), ending="")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _steps(*, static: bool, demo: bool, result: StringIO) -> list[Step]:
    """What needs no server comes first, and what needs Kafka last: it takes longest to start."""
    log = partial(call_command, stdout=sys.stderr)
    steps = [
        Step("Collecting static files", partial(log, "collectstatic", interactive=False, verbosity=0))
        if static
        else None,
        Step("Migrating the database", partial(log, "migrate", interactive=False)),
        Step("Loading the demo: a catalogue with stock, an admin and an API client", partial(_load_demo, result))
        if demo
        else None,
        Step("Making sure the topics exist", partial(log, "ensure_topics")),
    ]
    return [step for step in steps if step]


def _load_demo(result: StringIO) -> None:
    result.seek(0)
    result.truncate()
    call_command("load_demo", stdout=result)
