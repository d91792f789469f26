from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from api.openapi.views import encoded_description
from operations.cli import arguments
from operations.cli.base_command import ReportingCommand
from operations.exporting import write_export


class Command(ReportingCommand):
    help = "Write the description of the API, OpenAPI 3.1, as /schema serves it. Asks neither PostgreSQL nor Kafka."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE", type=arguments.path, help="where to write instead of to stdout")

    def handle(self, *, output: Path | None, **options: Any) -> None:
        write_export(iter([encoded_description()]), output)
