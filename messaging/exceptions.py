"""The errors of messaging."""

from uuid import UUID

from common.errors import OrderflowError


class MessagingError(OrderflowError):
    """Something between an outbox and a handler went wrong."""


class OutsideTransaction(MessagingError):
    """An event was recorded outside a transaction: it could be published although its cause was rolled back."""


class InvalidMessage(MessagingError):
    """A message is not a valid event: the fault is the message's, not a handler's."""


class UndecodableEvent(InvalidMessage):
    """A message is not an event that this consumer can read."""


class UnknownEventType(UndecodableEvent):
    """An event of ours is of a type that this version of the consumer does not know: a newer one may."""

    def __init__(self, event_type: str, event_id: UUID) -> None:
        super().__init__(f"unknown event type {event_type!r}")
        self.event_id = event_id


class UnrecordedEvent(InvalidMessage):
    """An event does not agree with what its publisher has recorded: somebody else made it up."""


class TransportUnavailable(MessagingError):
    """The broker can't be reached, or rejects our request."""


class ConnectionRejected(TransportUnavailable):
    """The broker rejects our connection, because of log-in or TLS; to try again does not help."""


class TooManyDeadLetters(MessagingError):
    """Handlers failed on many events in a row: the fault is ours, not the messages', so consuming stops."""


class TopicMismatch(MessagingError):
    """A topic exists but is not what the settings ask for."""


class SettingRejected(MessagingError):
    """The broker rejects a setting; to try again does not help."""


class UnknownDeadLetter(MessagingError):
    """There is no such dead letter."""


class DeadLetterResolved(MessagingError):
    """A dead letter was replayed or discarded before."""


class ReasonMissing(MessagingError):
    """Discarding takes a reason: what is discarded never takes effect."""


class UnknownReplay(MessagingError):
    """There is no such replay."""


class ReplayNotWaiting(MessagingError):
    """A replay does not wait for anybody to go on with it."""


class ReplayFinished(MessagingError):
    """A replay has ended already."""
