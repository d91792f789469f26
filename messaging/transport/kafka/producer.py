"""The Kafka producer: it waits for the acknowledgement of all in-sync replicas."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.errors import (
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from messaging.crash_points import reached
from messaging.transport.base import DeliveryFailure, Message
from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES, connection_settings, topic_name
from messaging.transport.kafka.error_messages import connection_problem, error_message

log = structlog.get_logger(__name__)

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_PERMANENT = (*_TOO_LARGE, InvalidTopicError)
_SEND_TIMEOUT = 12.0  # seconds to wait for all acknowledgements of one call: delivery_timeout_ms is not punctual


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
            metrics_enabled=False,  # the library's own, which nobody reads: a tenth of what a send costs
        )

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        deadline = time.monotonic() + _SEND_TIMEOUT
        futures = self._enqueue(messages)
        reached("delivery.after_send")
        self._flush(deadline)
        failures = [_failure_of(message, future, deadline) for message, future in zip(messages, futures, strict=True)]
        too_large = [index for index, future in enumerate(futures) if _is_too_large(future)]
        if len(messages) > 1 and too_large:
            log.warning("messages_sent_alone", messages=len(too_large), reason="Kafka takes no batch of this size")
            for index in too_large:
                failures[index] = self._send_alone(messages[index], deadline)
        return failures

    def _send_alone(self, message: Message, deadline: float) -> DeliveryFailure | None:
        """Send a message of a batch that was too large: Kafka does not say whether the message is."""
        if time.monotonic() >= deadline:
            reason = "Kafka takes no batch of this size, and sending each message by itself takes longer"
            return DeliveryFailure(reason, permanent=False)
        (future,) = self._enqueue([message])
        self._flush(deadline)
        return _failure_of(message, future, deadline)

    def _flush(self, deadline: float) -> None:
        """Send what is enqueued at once, without lingering, and wait for its acknowledgement."""
        with suppress(KafkaTimeoutError):  # each future tells by itself
            self._producer.flush(timeout=max(0.0, deadline - time.monotonic()))

    def _enqueue(self, messages: Sequence[Message]) -> list[Any]:
        """A future or a failure for each message. Once the send to a topic has timed out, others to it are not tried,
        because each would block for as long."""
        blocked: dict[str, DeliveryFailure] = {}
        futures: list[Any] = []
        for message in messages:
            if message.topic in blocked:
                futures.append(blocked[message.topic])
                continue
            try:
                futures.append(
                    self._producer.send(
                        topic_name(message.topic),
                        key=message.key,
                        value=message.value,
                        headers=list(message.headers),
                    )
                )
            except KafkaError as error:
                # Without the topic's metadata, which may also mean that the broker is up and rejects our connection.
                problem = connection_problem() if isinstance(error, KafkaTimeoutError) else None
                blocked[message.topic] = _failure(message, error, problem)
                futures.append(blocked[message.topic])
        return futures

    def close(self) -> None:
        try:
            self._producer.close(timeout=2)
        except KafkaError as error:
            log.debug("producer_closed_with_undelivered", error=str(error))


def _is_too_large(future: Any) -> bool:
    return not isinstance(future, DeliveryFailure) and isinstance(future.exception, _TOO_LARGE)


def _failure_of(message: Message, future: Any, deadline: float) -> DeliveryFailure | None:
    if isinstance(future, DeliveryFailure):
        return future
    try:
        future.get(timeout=max(0.0, deadline - time.monotonic()))
    except KafkaError as error:
        return _failure(message, error)
    return None


def _failure(message: Message, error: KafkaError, problem: str | None = None) -> DeliveryFailure:
    topic = topic_name(message.topic)
    if isinstance(error, _TOO_LARGE):
        problem = f"topic {topic} takes no event of {len(message.value or b'')} bytes: see its max.message.bytes"
    reason = problem or error_message(error, acl=f"Write on topic {topic}")
    return DeliveryFailure(reason, permanent=isinstance(error, _PERMANENT))
