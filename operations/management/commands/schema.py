from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from api.openapi.views import encoded, encoded_description
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.cli.exporting import write_export
from operations.event_description import event_description


class Command(ReportingCommand):
    help = (
        "Write the description of the API, OpenAPI 3.1, as /schema serves it, or with --events that of the events, "
        "AsyncAPI 3. Asks neither PostgreSQL nor Kafka."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE", type=arguments.path, help="where to write instead of to stdout")

        parser.add_argument("--events", action="store_true", help="of the events instead of the API")

    def handle(self, *, output: Path | None, events: bool, **options: Any) -> None:
        write_export(iter([encoded(event_description()) if events else encoded_description()]), output)
