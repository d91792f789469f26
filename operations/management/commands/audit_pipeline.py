import json
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operations import arguments
from operations.audit.run import audit
from operations.base_command import ReportingCommand
from operations.progress import reporting


class Command(ReportingCommand):
    help = (
        "Check every promise of the pipeline over one moment of the whole database, and say what breaks it: no order "
        "lost, doubled, oversold, billed twice or stuck. Changes nothing. What is under way is pending, and breaks a "
        "promise only when it takes longer than the waiting limit. What was parked or became a dead letter waits for a "
        "person, and is pending. The exit status is 1 if anything is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="report as one JSON object")
        parser.add_argument(
            "--waiting-limit",
            metavar="SECONDS",
            type=arguments.seconds,
            default=300,
            help="how long something may be under way (300)",
        )

    def handle(self, *, waiting_limit: int, **options: Any) -> None:
        with reporting(self.stderr, "checking") as (_, progress):
            found = audit(waiting_limit=timedelta(seconds=waiting_limit), progress=progress)
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else str(found))
        if found.broken:
            raise CommandError(f"broken: {', '.join(found.broken)}")
