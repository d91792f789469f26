"""How many events wait to be published, for people and probes."""

from dataclasses import dataclass

from django.utils import timezone

from messaging.models import OutboxMessage

MOST_COUNTED = 10_000  # a probe counts no further


@dataclass(frozen=True, slots=True)
class WaitingEvents:
    """Events that wait for Kafka: more than a few, for more than seconds, and it or the relay is away."""

    count: int  # at most MOST_COUNTED
    oldest_seconds: int


def waiting_events() -> WaitingEvents:
    """The events that are not published yet, without the parked ones, which wait for a person."""
    waiting = OutboxMessage.objects.filter(parked_at=None).order_by("pk").values_list("created_at", flat=True)
    oldest = waiting.first()
    age = 0 if oldest is None else max(0, round((timezone.now() - oldest).total_seconds()))
    return WaitingEvents(count=waiting[:MOST_COUNTED].count(), oldest_seconds=age)
