from typing import Any

from messaging.transport.kafka.topics import ensure_topics
from operations.base_command import ReportingCommand
from operations.pipeline import TOPICS


class Command(ReportingCommand):
    help = (
        "Create the Kafka topics that are missing and check those that exist. KAFKA_TOPIC_PREFIX, "
        "KAFKA_TOPIC_PARTITIONS and KAFKA_TOPIC_REPLICATION say how. Safe to repeat."
    )

    def handle(self, **options: Any) -> None:
        created = ensure_topics(TOPICS)
        self.stdout.write(f"created {', '.join(created)}" if created else "all topics are there")
