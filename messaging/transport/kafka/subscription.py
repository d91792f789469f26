"""The Kafka consumer: a member of a consumer group."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from django.conf import settings
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, InvalidSessionTimeoutError, KafkaError
from kafka.structs import OffsetAndMetadata

from messaging.crash_points import reached
from messaging.exceptions import SettingRejected, TransportUnavailable
from messaging.transport.base import Record
from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES, connection_settings, topic_name
from messaging.transport.kafka.error_messages import acl_to_consume, connection_problem, error_message, words_of
from messaging.transport.kafka.gaps import GapDetector

log = structlog.get_logger(__name__)

COMMIT_EVERY = 1.0  # seconds
_FETCH_BYTES = 16 * 1024 * 1024  # of one fetch response, which may exceed it by one message


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits offsets before partitions are revoked, and counts revocations. Called inside `poll`, between batches."""

    def __init__(self, before_revoked: Callable[[], None]) -> None:
        self._before_revoked = before_revoked
        self.assigned = False
        self.generation = 0

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._before_revoked()
        self.assigned = False
        self.generation += 1
        reached("rebalance.revoked")
        if revoked:
            log.info("partitions_revoked", partitions=_names(revoked))

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.assigned = True
        log.info("partitions_assigned", partitions=_names(assigned))


class KafkaSubscription:
    """A `Subscription` to Kafka topics that does not deserialize, and commits offsets only when it is told to.

    Offsets are committed at most once a second, when no records come, when partitions are revoked and at the end,
    because each commit costs a round trip. If the process dies, what it handled since its last commit is delivered
    again, and the inbox drops it.

    A member that does not poll for `max_poll_interval` seconds is removed from the group, even if it is alive.
    """

    def __init__(self, group: str, topics: Sequence[str], *, max_poll_interval: float = 120.0) -> None:
        self._names = {topic_name(topic): topic for topic in topics}
        self._group = settings.KAFKA_GROUP_PREFIX + group
        self._offsets: dict[TopicPartition, int] = {}  # handled, and not committed yet
        self._committed_at = float("-inf")
        self._listener = _Listener(self._before_revoked)
        # Never a deserializer: after one raises, poll() spins and never returns.
        self._consumer = KafkaConsumer(
            **connection_settings(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.KAFKA_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=settings.KAFKA_SESSION_TIMEOUT_MS // 5,
            max_poll_interval_ms=int(max_poll_interval * 1000),
            request_timeout_ms=settings.KAFKA_SESSION_TIMEOUT_MS + 5000,
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=1024 * 1024,
            fetch_max_bytes=_FETCH_BYTES,
            # A longer response is an error, and fetched again and again: the default of 1 MB is less than one fetch.
            receive_message_max_bytes=_FETCH_BYTES + MAX_MESSAGE_BYTES + 1024 * 1024,
            metrics_enabled=False,  # the library's own, which nobody reads
        )
        self._gaps = GapDetector(self._consumer, name=group, topics=self._names)
        self._consumer.subscribe(list(self._names), listener=self._listener)

    @property
    def assigned(self) -> bool:
        return self._listener.assigned

    @property
    def generation(self) -> int:
        return self._listener.generation

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        try:
            polled = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
        except InvalidSessionTimeoutError as error:
            raise SettingRejected(
                f"Kafka does not take KAFKA_SESSION_TIMEOUT_MS = {settings.KAFKA_SESSION_TIMEOUT_MS}: the broker's "
                "group.min.session.timeout.ms and group.max.session.timeout.ms are its limits"
            ) from error
        except KafkaError as error:
            acl = acl_to_consume(error, group=self._group, topics=", ".join(sorted(self._names)))
            raise TransportUnavailable(error_message(error, acl=acl)) from error
        except OSError as error:  # of TLS: the broker's certificate has changed
            raise TransportUnavailable(connection_problem() or words_of(error)) from error
        if not polled:
            self._commit_offsets()
        for place, records in polled.items():
            self._gaps.read(place, records[0].offset, records[-1].offset)
        return [self._record(record) for records in polled.values() for record in records]

    def keep_alive(self, *, timeout: float) -> None:
        paused = self._consumer.assignment()
        self._consumer.pause(*paused)
        try:
            # A rebalance may assign partitions that are not paused: records polled from them are polled again later.
            self.rewind(self.poll(timeout=timeout, max_records=1))
        finally:
            self._consumer.resume(*(paused & self._consumer.assignment()))

    def rewind(self, records: Sequence[Record]) -> None:
        own = self._consumer.assignment()
        for record in reversed(records):  # the first of each partition is the last to be sought
            partition = _partition(record)
            if partition in own:
                self._consumer.seek(partition, record.offset)
                self._gaps.sought(partition, record.offset)

    def commit(self, records: Sequence[Record]) -> None:
        for record in records:  # in order within a partition, so the last one counts
            self._offsets[_partition(record)] = record.offset + 1
        if time.monotonic() - self._committed_at >= COMMIT_EVERY:
            self._commit_offsets()

    def _before_revoked(self) -> None:
        self._commit_offsets()
        self._gaps.forget()

    def _commit_offsets(self, *, timeout: float = 5.0) -> None:
        own = self._consumer.assignment() if self._offsets else ()
        offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in self._offsets.items() if place in own}
        self._offsets.clear()  # a commit that fails is not tried again, because the next one includes its offsets
        if not offsets:
            return
        self._committed_at = time.monotonic()
        try:
            self._consumer.commit(offsets, timeout_ms=int(timeout * 1000))
            reached("offsets.after_commit")
        except CommitFailedError as error:  # the group rebalanced without us: the records come again, and are dropped
            log.warning("commit_rejected", detail=str(error))
        except KafkaError as error:
            log.warning("commit_failed", error=type(error).__name__, detail=words_of(error))

    def lag(self) -> int | None:
        partitions = self._consumer.assignment()
        try:
            ends = self._consumer.end_offsets(list(partitions)) if partitions else {}
            positions = {p: self._consumer.position(p, timeout_ms=5000) for p in partitions}
        except KafkaError:
            return None
        if any(position is None for position in positions.values()):
            return None
        return sum(int(ends[p] - positions[p]) for p in partitions)

    def close(self) -> None:
        self._commit_offsets(timeout=2.0)
        try:
            self._consumer.close(autocommit=False, timeout_ms=2000)
        except KafkaError as error:
            log.debug("consumer_closed_with_error", error=str(error))

    def _record(self, record: Any) -> Record:
        return Record(
            topic=self._names[record.topic],
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=record.headers,
            timestamp=record.timestamp,
        )


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(topic_name(record.topic), record.partition)


def _names(partitions: Iterable[TopicPartition]) -> list[str]:
    return sorted(f"{p.topic}/{p.partition}" for p in partitions)
