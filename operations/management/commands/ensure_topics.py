from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging.exceptions import MessagingError
from messaging.transport.kafka.topics import ensure_topics
from operations.pipeline import TOPICS


class Command(BaseCommand):
    help = (
        "Create the Kafka topics that are missing and check those that exist. KAFKA_TOPIC_PREFIX, "
        "KAFKA_TOPIC_PARTITIONS and KAFKA_TOPIC_REPLICATION say how. Safe to repeat."
    )

    def handle(self, **options: Any) -> None:
        try:
            created = ensure_topics(TOPICS)
        except MessagingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"created {', '.join(created)}" if created else "all topics are there")
