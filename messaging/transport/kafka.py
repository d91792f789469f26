"""Kafka by way of kafka-python 2.3.3: the only module, with kafka_topics.py, that knows the library.

Settings and precautions are those of docs/decisions/0002-kafka-python-2.md, where each departure from the defaults was
measured.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    CommitFailedError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from kafka.structs import OffsetAndMetadata

from messaging.crash_points import reached
from messaging.exceptions import TransportUnavailable
from messaging.transport.base import DeliveryFailure, Message, Record

log = structlog.get_logger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024  # an order of 2,000 lines with the longest names stays below
_PERMANENT = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidTopicError)
_FETCH_BYTES = 16 * 1024 * 1024  # of one answer to a consumer, which may exceed it by one message
_SEND_TIMEOUT = 12.0  # seconds to wait for all answers of one call: delivery_timeout_ms is not punctual


def connection_settings() -> dict[str, Any]:
    """What every kind of client is given, from the KAFKA_* settings that are set."""
    kafka = settings.KAFKA
    optional = {
        "sasl_mechanism": kafka["sasl_mechanism"],
        "sasl_plain_username": kafka["sasl_username"],
        "sasl_plain_password": kafka["sasl_password"],
        "ssl_cafile": kafka["ssl_cafile"],
        "ssl_certfile": kafka["ssl_certfile"],
        "ssl_keyfile": kafka["ssl_keyfile"],
    }
    return {
        "bootstrap_servers": str(kafka["bootstrap_servers"]).split(","),
        "client_id": "orderflow",
        "api_version": (2, 6),  # not asked for: constructors neither block nor fail while the broker is away
        "security_protocol": kafka["security_protocol"],
        "ssl_check_hostname": kafka["ssl_check_hostname"],
        "reconnect_backoff_max_ms": 1000,
    } | {name: value for name, value in optional.items() if value}


def topic_name(topic: str) -> str:
    return settings.KAFKA_TOPIC_PREFIX + topic


class KafkaTransportProducer:
    """A `Producer` that waits for the acknowledgement of all in-sync replicas."""

    def __init__(self) -> None:
        self._producer = KafkaProducer(
            **connection_settings(),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=64 * 1024,  # below the topics' limit: a batch over it would fail whole
            max_request_size=MAX_MESSAGE_BYTES,
            max_block_ms=3000,
            request_timeout_ms=6000,
            delivery_timeout_ms=10_000,
            allow_auto_create_topics=False,
        )

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        deadline = time.monotonic() + _SEND_TIMEOUT
        futures = self._hand_over(messages)
        reached("delivery.after_send")
        with suppress(KafkaTimeoutError):  # each future tells by itself
            self._producer.flush(timeout=_SEND_TIMEOUT)  # nothing more will come: do not linger
        return [_answer(future, deadline) for future in futures]

    def _hand_over(self, messages: Sequence[Message]) -> list[Any]:
        """A future or an error for each message. A topic that blocked once would block each time: it is left alone."""
        blocked: dict[str, KafkaError] = {}
        handed: list[Any] = []
        for message in messages:
            if message.topic in blocked:
                handed.append(blocked[message.topic])
                continue
            try:
                handed.append(
                    self._producer.send(
                        topic_name(message.topic),
                        key=message.key,
                        value=message.value,
                        headers=list(message.headers),
                    )
                )
            except KafkaError as error:
                blocked[message.topic] = error
                handed.append(error)
        return handed

    def close(self) -> None:
        try:
            self._producer.close(timeout=2)
        except KafkaError as error:
            log.debug("producer_closed_with_undelivered", error=str(error))


def _answer(future: Any, deadline: float) -> DeliveryFailure | None:
    try:
        if isinstance(future, KafkaError):
            raise future
        future.get(timeout=max(0.0, deadline - time.monotonic()))
    except KafkaError as error:
        return DeliveryFailure(f"{type(error).__name__}: {error}", permanent=isinstance(error, _PERMANENT))
    return None


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Keeps count of what the group takes away. Runs inside `poll`, between batches, so there is nothing to commit."""

    def __init__(self) -> None:
        self.assigned = False
        self.generation = 0

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.assigned = False
        self.generation += 1
        reached("rebalance.revoked")
        if revoked:
            log.info("partitions_revoked", partitions=_names(revoked))

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.assigned = True
        log.info("partitions_assigned", partitions=_names(assigned))


class KafkaSubscription:
    """A `Subscription`: takes bytes as they are, and commits only what it is told to."""

    def __init__(self, group: str, topics: Sequence[str]) -> None:
        self._names = {topic_name(topic): topic for topic in topics}
        self._listener = _Listener()
        # Never a deserializer: after one raises, poll() spins and never returns.
        self._consumer = KafkaConsumer(
            **connection_settings(),
            group_id=settings.KAFKA_GROUP_PREFIX + group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.KAFKA_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=settings.KAFKA_SESSION_TIMEOUT_MS // 5,
            max_poll_interval_ms=120_000,
            request_timeout_ms=settings.KAFKA_SESSION_TIMEOUT_MS + 5000,
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=1024 * 1024,
            fetch_max_bytes=_FETCH_BYTES,
            # A longer answer is refused, and asked for again and again: the default of 1 MB is less than one fetch.
            receive_message_max_bytes=_FETCH_BYTES + MAX_MESSAGE_BYTES + 1024 * 1024,
        )
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
        except KafkaError as error:
            raise TransportUnavailable(f"{type(error).__name__}: {error}") from error
        return [self._record(record) for records in polled.values() for record in records]

    def keep_alive(self, *, timeout: float) -> None:
        paused = self._consumer.assignment()
        self._consumer.pause(*paused)
        try:
            # A rebalance may bring partitions that are not paused: what is taken from them is given back.
            self.rewind(self.poll(timeout=timeout, max_records=1))
        finally:
            self._consumer.resume(*(paused & self._consumer.assignment()))

    def rewind(self, records: Sequence[Record]) -> None:
        own = self._consumer.assignment()
        for record in reversed(records):  # the first of each partition is the last to be sought
            partition = _partition(record)
            if partition in own:
                self._consumer.seek(partition, record.offset)

    def commit(self, records: Sequence[Record]) -> None:
        own = self._consumer.assignment()
        offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        for record in records:  # in order within a partition, so the last one counts
            partition = _partition(record)
            if partition in own:
                offsets[partition] = OffsetAndMetadata(record.offset + 1, "", -1)
        if not offsets:
            return
        try:
            self._consumer.commit(offsets, timeout_ms=5000)
            reached("offsets.after_commit")
        except CommitFailedError as error:  # the group went on without us: what we handled comes again, and is dropped
            log.warning("commit_refused", detail=str(error))
        except KafkaError as error:
            log.warning("commit_failed", error=type(error).__name__, detail=str(error))

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
        try:
            self._consumer.close(autocommit=False, timeout_ms=2000)
        except KafkaError as error:
            log.debug("consumer_closed_with_error", error=str(error))

    def _record(self, record: Any) -> Record:
        return Record(
            self._names[record.topic], record.partition, record.offset, record.key, record.value, record.headers
        )


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(topic_name(record.topic), record.partition)


def _names(partitions: Iterable[TopicPartition]) -> list[str]:
    return sorted(f"{p.topic}/{p.partition}" for p in partitions)


def connect_producer() -> KafkaTransportProducer:
    return KafkaTransportProducer()


def subscribe(group: str, topics: Sequence[str]) -> KafkaSubscription:
    return KafkaSubscription(group, topics)
