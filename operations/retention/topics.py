"""Whether rows that must outlive the topics' records do."""

from datetime import timedelta

from common.text import number_of
from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.topics import longest_life_of_records
from operations.pipeline import TOPICS
from operations.retention.kinds import Kind


def why_not(kind: Kind) -> str | None:
    """Why rows of a kind can't be deleted at this time: what Kafka still delivers would be handled a second time."""
    if not kind.outlives_topics or kind.keep is None:
        return None
    try:
        life = longest_life_of_records(TOPICS)
    except TransportUnavailable as error:
        return f"for how long topics keep events is not known: {error}"
    return None if life is not None and life < kind.keep else _said(life, kind.keep)


def _said(life: timedelta | None, keep: timedelta) -> str:
    topics = "for ever" if life is None else f"for up to {number_of(round(life / timedelta(days=1)), 'day', 'days')}"
    return (
        f"topics keep events {topics} (retention.ms and segment.ms), and these rows are kept for {keep.days} days "
        "only: an event that is delivered again would be handled twice"
    )
