from argparse import ArgumentParser
from typing import Any

import structlog

from common import process_tuning
from messaging.heartbeat import Liveness
from messaging.outbox.publisher import Publisher
from messaging.transport.kafka import connect_producer
from operations.cli.base_command import BaseCommand
from operations.cli.processes import fail_if_stopped, stop_on_signals, wait_for_services
from operations.monitoring.collector import PipelineCollector
from operations.monitoring.server import metrics_server

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Publish the events that wait in the outbox until SIGTERM. Processes that write publish at once by themselves; "
        "this finds what they leave behind, a crash for one. Any number may run; they share a backlog by its keys."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drain", action="store_true", help="end with status 0 as soon as nothing waits")

    def handle(self, *, drain: bool, **options: Any) -> None:
        with stop_on_signals() as stopping, metrics_server(PipelineCollector()):
            wait_for_services(stopping)
            if not drain:
                process_tuning.tune()
            log.info("relay_started")
            with Liveness() as liveness:
                Publisher(connect_producer, stopping, on_pass=liveness.report, is_relay=True).run(drain=drain)
            if drain:
                fail_if_stopped(stopping, "not everything is published")
