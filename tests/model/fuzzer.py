"""Wrong messages among right ones, such that one can still say what must become of the right ones."""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from messaging.events import Envelope, encode, new_id
from messaging.exceptions import UndecodableEvent
from messaging.transport.base import Message, Record
from messaging.transport.memory import MemoryBroker
from operations.pipeline import CONSUMERS
from tests.model.mutants import Mutable, Mutator, odd_key


class Truth:
    """What really happened to the orders that nobody may lie about.

    No consumer can tell a message that is well formed but false from a true one. So wrong messages that would be
    understood, and speak falsely of these orders or use up the ids of their events, are not sent.
    """

    def __init__(self, orders: set[UUID]) -> None:
        self._orders = orders
        self._events: set[tuple[str, bytes]] = set()
        self._ids: dict[UUID, tuple[str, bytes]] = {}

    def add(self, message: Mutable) -> None:
        for told, envelope in _understood(message):
            if envelope.event.order_id in self._orders:
                self._events.add(told)
                self._ids[envelope.id] = told

    def is_denied_by(self, message: Mutable) -> bool:
        return any(
            (envelope.event.order_id in self._orders and told not in self._events)
            or self._ids.get(envelope.id, told) != told
            for told, envelope in _understood(message)
        )


def _understood(message: Mutable) -> Iterator[tuple[tuple[str, bytes], Envelope]]:
    """What each consumer of the topic takes the message for."""
    for reader in CONSUMERS.values():
        if message.topic in reader.topics and (envelope := understood_by(reader.name, message)):
            yield (f"{reader.name} {envelope.event.TYPE}", encode(envelope.event)), envelope


def understood_by(consumer: str, message: Mutable | Record) -> Envelope | None:
    try:
        return CONSUMERS[consumer].vocabulary().decode(headers=message.headers, body=message.value or b"")
    except UndecodableEvent:
        return None


def order_of(right: Mutable) -> UUID:
    return UUID((right.key or b"").decode())


class Fuzzer:
    """Puts wrong messages around each right one.

    Of ten orders, one is lied about; another has wrong messages under its own key, so that its right ones wait behind
    them; about the others there are wrong messages, but under other keys.
    """

    def __init__(self, broker: MemoryBroker, orders: Sequence[UUID], *, seed: int, messages: int) -> None:
        self.chance = random.Random(seed)
        self.broker = broker
        self.lied_about = set(orders[0::10])
        self.disturbed = self.lied_about | set(orders[1::10])
        self.orders = set(orders)
        self.truth = Truth(self.orders - self.lied_about)
        self.others: list[Mutable] = []
        self.mutator = Mutator(self.chance, self.others)
        self.left = messages
        self.each = messages // (3 * len(orders))  # an order makes three events or more

    def put(self, message: Message) -> None:
        """A right message, on its topic among wrong ones; alone if it only answers a wrong one."""
        right = Mutable(message.topic, message.key, message.value, tuple(message.headers))
        wrong = []
        if order_of(right) in self.orders:
            self.truth.add(right)
            self.others.append(right)
            wrong = [self.wrong(right) for _ in range(min(self.left, self.each))]
            self.left -= len(wrong)
        wrong.insert(self.chance.randrange(len(wrong) + 1), right)
        for each in wrong:
            self.append(each)

    def rest(self) -> None:
        for right in self.chance.choices(self.others, k=self.left):
            self.append(self.wrong(right))
        self.left = 0

    def wrong(self, right: Mutable) -> Mutable:
        base = right if self.chance.random() < 0.5 else self.of_no_order(right)
        while True:
            mutant = self.mutator.mutant(base, times=self.chance.choice([1, 1, 1, 2, 3]))
            if not self.truth.is_denied_by(mutant):
                break
            base = self.of_no_order(right)
        own_key = order_of(right) in self.disturbed and self.chance.random() < 0.3
        return mutant if own_key else replace(mutant, key=odd_key(self.chance))

    def of_no_order(self, right: Mutable) -> Mutable:
        """The same about an order that there is not."""
        order_id = str(new_id()).encode()
        headers = {**dict(right.headers), "ce_id": str(new_id()).encode(), "ce_subject": order_id}
        return replace(
            right, value=(right.value or b"").replace(right.key or b"", order_id), headers=tuple(headers.items())
        )

    def append(self, message: Mutable) -> None:
        partition = zlib.crc32(message.key or b"") % self.broker.partitions
        log = self.broker.logs[message.topic, partition]
        log.append(Record(message.topic, partition, len(log), message.key, message.value, message.headers))
