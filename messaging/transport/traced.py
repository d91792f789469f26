"""A producer whose messages have spans. It stands before the real one where traces are wanted."""

from collections.abc import Sequence

from common import tracing
from common.tracing import BatchSpan
from messaging.tracing import messaging_attributes, sampled_parts, traceparent_of
from messaging.transport.base import DeliveryFailure, Message, Producer


class TracedProducer:
    """A `Producer`: each message continues the trace of its event, and its consumers continue the message's."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        parts = list(sampled_parts(messages))
        if not parts:
            return self._producer.send(messages)
        with tracing.batch("publish", parts, "producer", messaging_attributes("send")) as batch:
            failures = self._producer.send([_continued(message, batch) for message in messages])
            for message, failure in zip(messages, failures, strict=True):
                if failure is not None:
                    reason = "permanent" if failure.permanent else "not_delivered"
                    batch.fail(traceparent_of(message.headers), reason)
        return failures

    def close(self) -> None:
        self._producer.close()


def _continued(message: Message, batch: BatchSpan) -> Message:
    own = batch.traceparent_of(before := traceparent_of(message.headers))
    if own == before:
        return message
    headers = [(name, own.encode() if name == "traceparent" else value) for name, value in message.headers]
    return Message(message.topic, message.key, message.value, headers)
