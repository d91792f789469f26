"""For how long rows are kept that nobody needs for ever: what `manage.py prune` goes by."""

from collections.abc import Mapping
from datetime import timedelta

from config import validators
from config.environment import Environment

# Kafka deletes a segment a week (retention.ms of our topics) after its last record, and goes on writing to it for up to
# a week (segment.ms): so long after it was handled a record may be delivered again, where a group's offsets got lost.
_TOPICS_KEEP = "Kafka may keep events for 14 days, and what is delivered again would be handled a second time"
_OF_USE = "people look at what happened last month"


def retention(env: Environment) -> Mapping[str, timedelta | None]:
    """By the kind of rows: how long they are kept; None: for ever."""

    def days(name: str, default: int, *, least: int, why: str) -> timedelta | None:
        return env.parsed(name, validators.retention_days(least, why), timedelta(days=default) if default else None)

    letters = days("DEAD_LETTER_RETENTION_DAYS", 90, least=15, why=_TOPICS_KEEP)
    return {
        "inbox": days("INBOX_RETENTION_DAYS", 30, least=15, why=_TOPICS_KEEP),
        "dead_letters": letters,
        "replays": letters,  # who replayed which of them is of use for as long as they are
        "idempotency": days("IDEMPOTENCY_RETENTION_DAYS", 3, least=1, why="clients are promised 24 hours"),
        "timelines": days("TIMELINE_RETENTION_DAYS", 0, least=30, why=_OF_USE),
        "admin_log": days("ADMIN_LOG_RETENTION_DAYS", 0, least=30, why=_OF_USE),
    }
