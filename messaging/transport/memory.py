"""A broker in memory, for tests: at-least-once, partitions by key, groups with committed offsets."""

import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence

from messaging.transport.base import DeliveryFailure, Message, Record


class MemoryBroker:
    """Topics, groups and their offsets. While `failing` is set, every send fails with it."""

    def __init__(self, *, partitions: int = 2) -> None:
        self.partitions = partitions
        self.failing: DeliveryFailure | None = None
        self.max_bytes = 4 * 1024 * 1024
        self.logs: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self.offsets: dict[tuple[str, str, int], int] = {}  # of group, topic, partition
        self.members: dict[str, list[MemorySubscription]] = defaultdict(list)
        self.lock = threading.RLock()

    def producer(self) -> "MemoryProducer":
        return MemoryProducer(self)

    def subscribe(self, group: str, topics: Sequence[str]) -> "MemorySubscription":
        return MemorySubscription(self, group, topics)

    def append(self, message: Message) -> None:
        partition = zlib.crc32(message.key) % self.partitions
        log = self.logs[message.topic, partition]
        now = time.time_ns() // 1_000_000
        log.append(Record(message.topic, partition, len(log), message.key, message.value, message.headers, now))

    def rebalance(self, group: str) -> None:
        """Assign the partitions to the group's members; all start again at the committed offsets."""
        members = self.members[group]
        for index, member in enumerate(members):
            mine = [
                (topic, partition)
                for topic in member.topics
                for partition in range(self.partitions)
                if partition % len(members) == index
            ]
            member.assign({(t, p): self.offsets.get((group, t, p), 0) for t, p in mine})


class MemoryProducer:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        with self._broker.lock:
            return [self._send(message) for message in messages]

    def _send(self, message: Message) -> DeliveryFailure | None:
        if len(message.value) > self._broker.max_bytes:
            return DeliveryFailure("message too large", permanent=True)
        if self._broker.failing is None:
            self._broker.append(message)
        return self._broker.failing

    def close(self) -> None:
        """Nothing is held."""


class MemorySubscription:
    def __init__(self, broker: MemoryBroker, group: str, topics: Sequence[str]) -> None:
        self._broker = broker
        self._group = group
        self.topics = list(topics)
        self._positions: dict[tuple[str, int], int] = {}
        self.generation = 0
        self.assigned = False
        with broker.lock:
            broker.members[group].append(self)
            broker.rebalance(group)

    def assign(self, positions: dict[tuple[str, int], int]) -> None:
        self._positions = positions
        self.generation += 1
        self.assigned = True

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:  # noqa: ARG002 - nothing to wait for
        with self._broker.lock:
            records: list[Record] = []
            for place, position in self._positions.items():
                taken = self._broker.logs[place][position : position + max_records - len(records)]
                self._positions[place] = position + len(taken)
                records += taken
            return records

    def keep_alive(self, *, timeout: float) -> None:
        """Members in memory do not expire."""

    def rewind(self, records: Sequence[Record]) -> None:
        with self._broker.lock:
            for record in records:
                place = (record.topic, record.partition)
                if place in self._positions:
                    self._positions[place] = min(self._positions[place], record.offset)

    def commit(self, records: Sequence[Record]) -> None:
        with self._broker.lock:
            for record in records:
                if (record.topic, record.partition) in self._positions:
                    place = (self._group, record.topic, record.partition)
                    self._broker.offsets[place] = max(self._broker.offsets.get(place, 0), record.offset + 1)

    def lag(self) -> int | None:
        with self._broker.lock:
            return sum(len(self._broker.logs[place]) - position for place, position in self._positions.items())

    def close(self) -> None:
        with self._broker.lock:
            members = self._broker.members[self._group]
            if self in members:
                members.remove(self)
                self._broker.rebalance(self._group)
