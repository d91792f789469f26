"""The interface of a broker. Both transports pass tests/contract/test_transports.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from messaging.events import Headers


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes on their way to a topic; messages of one key stay in order."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Record:
    """A message as a broker keeps it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int = 0  # milliseconds since 1970, as it was stamped when it was sent


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """Why a message was not acknowledged. It may have arrived all the same."""

    reason: str
    permanent: bool  # sending it again can't help


class Producer(Protocol):
    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        """Send all messages and wait for their acknowledgements: None for each message that the broker has."""
        ...

    def close(self) -> None: ...


class Subscription(Protocol):
    """A member of a consumer group. Used by one thread."""

    @property
    def assigned(self) -> bool:
        """Whether the group has assigned partitions to this member, even if that is an empty set."""
        ...

    @property
    def generation(self) -> int:
        """Grows when partitions are revoked: records that were polled before will be delivered to another member."""
        ...

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        """The next records of the assigned partitions, in order within each; empty after `timeout` seconds."""
        ...

    def keep_alive(self, *, timeout: float) -> None:
        """Stay a member of the group for `timeout` seconds without taking records."""
        ...

    def rewind(self, records: Sequence[Record]) -> None:
        """Poll these records again next, because they were not handled. Revoked partitions are left out."""
        ...

    def commit(self, records: Sequence[Record]) -> None:
        """Commit the offsets of these records: soon, at the latest when partitions are revoked or at `close`.

        A partition that was revoked meanwhile is left out.
        """
        ...

    def lag(self) -> int | None:
        """How many records of the assigned partitions are still to be polled; None if the broker does not say."""
        ...

    def close(self) -> None: ...


ProducerFactory = Callable[[], Producer]
SubscriptionFactory = Callable[[str, Sequence[str]], Subscription]  # of a group and its topics
