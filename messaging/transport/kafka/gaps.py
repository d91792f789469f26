"""Records that Kafka deleted, for their age, before a consumer had read them.

The consumer goes on behind them, and with its next commit nobody can tell any more that there were some.
"""

from contextlib import suppress

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from messaging.metrics import SKIPPED

log = structlog.get_logger(__name__)

_TIMEOUT_MS = 5000


class GapDetector:
    """Counts and logs the records that a consumer passed over in its partitions.

    Kafka is asked for the offsets that were committed at the first records of each partition, and where a partition
    begins at a gap.
    """

    def __init__(self, consumer: KafkaConsumer, *, name: str, topics: dict[str, str]) -> None:
        """`name` is the consumer's, `topics` has its topics by their names in Kafka."""
        self._consumer = consumer
        self._name = name
        self._topics = topics
        self._next: dict[TopicPartition, int] = {}  # the offset that is to be read
        for topic in topics.values():
            SKIPPED.labels(name, topic)  # at 0: docs/monitoring.md

    def read(self, place: TopicPartition, first: int, last: int) -> None:
        """Records with these offsets were read."""
        with suppress(KafkaError):  # then there is no telling, and the records count
            self._report_gap(place, first)
        self._next[place] = last + 1

    def sought(self, place: TopicPartition, offset: int) -> None:
        """The record with this offset is to be read next."""
        self._next[place] = offset

    def forget(self) -> None:
        """The partitions go to whomever, who may commit."""
        self._next.clear()

    def _report_gap(self, place: TopicPartition, first: int) -> None:
        due = self._next.get(place)
        if due is None:
            due = self._consumer.committed(place, timeout_ms=_TIMEOUT_MS)
        if due is None or due >= first:
            return
        begins = self._consumer.beginning_offsets([place])[place]
        if (skipped := min(begins, first) - due) <= 0:
            return
        topic = self._topics[place.topic]
        SKIPPED.labels(self._name, topic).inc(skipped)
        log.error(
            "events_skipped",
            consumer=self._name,
            topic=place.topic,
            partition=place.partition,
            first_offset=due,
            last_offset=due + skipped - 1,
            records=skipped,
            reason="Kafka deleted them before they were read",
        )
