import json
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operations.audit.check import CLOCK_TOLERANCE
from operations.audit.run import audit
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.progress import reporting


class Command(ReportingCommand):
    help = (
        "Check every promise of the pipeline over the whole database, and say what breaks it: no order lost, doubled, "
        "oversold, billed twice or stuck. Changes nothing, and may run beside everything else. What is under way is "
        "pending, and breaks a promise only when it takes longer than the waiting limit. What was parked or became a "
        "dead letter waits for a person, and is pending. The exit status is 1 if anything is broken."
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
        parser.add_argument(
            "--clock-tolerance",
            metavar="SECONDS",
            type=arguments.seconds,
            default=CLOCK_TOLERANCE.seconds,
            help=f"by how much the clocks of two machines may differ ({CLOCK_TOLERANCE.seconds})",
        )
        parser.add_argument(
            "--since",
            metavar="TIME",
            type=arguments.past_timestamp,
            help="since when inbox entries and timelines are kept, as in RFC 3339 (since the oldest that is there)",
        )

    def handle(
        self, *, waiting_limit: int, clock_tolerance: int, since: datetime | None, json: bool, **_options: Any
    ) -> None:
        with reporting(self.stderr, "checking") as (_, progress):
            found = audit(
                waiting_limit=timedelta(seconds=waiting_limit),
                clock_tolerance=timedelta(seconds=clock_tolerance),
                since=since,
                progress=progress,
            )
        self.stdout.write(_as_json(found.as_json()) if json else str(found))
        if found.broken:
            raise CommandError(f"broken: {', '.join(found.broken)}")


def _as_json(report: dict[str, Any]) -> str:
    return json.dumps(report)
