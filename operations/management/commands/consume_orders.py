from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common import process_tuning
from messaging.consuming.workers import run_consumers
from messaging.transport.kafka import subscribe
from operations.cli.base_command import BaseCommand
from operations.cli.processes import fail_if_stopped, stop_on_signals, wait_for_services
from operations.monitoring.server import metrics_server
from operations.pipeline import CONSUMERS


class Command(BaseCommand):
    help = (
        "Consume order events on behalf of the named apps, of all if none is named, until SIGTERM. "
        "Any number of these may run: those of one app share its work. "
        "A batch under way is finished before the command ends; a killed one is redelivered and takes effect once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "apps", nargs="*", metavar="app", help=f"any of {', '.join(CONSUMERS)}; all if none is named"
        )
        parser.add_argument("--drain", action="store_true", help="end with status 0 as soon as everything is consumed")

    def handle(self, *, apps: list[str], drain: bool, **options: Any) -> None:
        if unknown := sorted(set(apps) - CONSUMERS.keys()):
            raise CommandError(f"there is no consumer {', '.join(unknown)}: choose from {', '.join(CONSUMERS)}")
        with stop_on_signals() as stopping, metrics_server():
            wait_for_services(stopping)
            if not drain:
                process_tuning.tune()
            named = dict.fromkeys(apps) or CONSUMERS  # one that is named twice runs once
            run_consumers([CONSUMERS[app] for app in named], subscribe, stopping, drain=drain)
            if drain:
                fail_if_stopped(stopping, "not everything is consumed")
