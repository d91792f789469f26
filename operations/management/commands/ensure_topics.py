from typing import Any

from django.core.management.base import CommandError

from messaging.transport.kafka.topics import ensure_topics, topic_problems
from operations.cli.base_command import ReportingCommand
from operations.pipeline import TOPICS


class Command(ReportingCommand):
    help = (
        "Create the Kafka topics that are missing and check those that exist. KAFKA_TOPIC_PREFIX, "
        "KAFKA_TOPIC_PARTITIONS and KAFKA_TOPIC_REPLICATION say how. Settings by which events may be lost are an "
        "error, and a retention of less than a week is a warning. Safe to repeat."
    )

    def handle(self, **options: Any) -> None:
        created = ensure_topics(TOPICS)
        problems = topic_problems(TOPICS)
        for problem in problems:
            if not problem.is_grave:
                self.stderr.write(f"warning: {problem}")
        if grave := [str(problem) for problem in problems if problem.is_grave]:
            raise CommandError("; ".join(grave))
        self.stdout.write(f"created {', '.join(created)}" if created else "all topics are there")
