"""Wrong messages among right ones, such that one can still say what must become of the right ones."""

import random
import zlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from messaging.events import Envelope, new_id
from messaging.exceptions import UndecodableEvent
from messaging.transport.base import Message, Record
from messaging.transport.memory import MemoryBroker
from operations.pipeline import CONSUMERS
from tests.model.mutants import Mutable, Mutator, odd_key


class Ids:
    """Whose id is whose.

    A message that is false is told from a true one, whatever id it bears. But a true one under the id of another
    order's event, or of another event of its order, would use that id up: such messages are not sent.
    """

    def __init__(self) -> None:
        self._owners: dict[UUID, tuple[str, UUID]] = {}

    def add(self, message: Mutable) -> None:
        self._owners |= _ids(message)

    def are_stolen_by(self, message: Mutable) -> bool:
        return any(self._owners.get(event_id, owner) != owner for event_id, owner in _ids(message).items())


def _ids(message: Mutable) -> dict[UUID, tuple[str, UUID]]:
    """The event id for whoever of the topic's consumers understands the message, with its type and order."""
    read = [understood_by(reader.name, message) for reader in CONSUMERS.values() if message.topic in reader.topics]
    return {envelope.id: (envelope.event.TYPE, envelope.event.order_id) for envelope in read if envelope}


def understood_by(consumer: str, message: Mutable | Record) -> Envelope | None:
    try:
        return CONSUMERS[consumer].registry().decode(headers=message.headers, body=message.value or b"")
    except UndecodableEvent:
        return None


def order_of(right: Mutable) -> UUID:
    return UUID((right.key or b"").decode())


class Fuzzer:
    """Puts wrong messages around each right one.

    Of ten orders, two have wrong messages under their own keys, so that their right ones wait behind them; about the
    others there are wrong messages, but under other keys.
    """

    def __init__(self, broker: MemoryBroker, orders: Sequence[UUID], *, seed: int, messages: int) -> None:
        self.chance = random.Random(seed)
        self.broker = broker
        self.disturbed = {*orders[0::10], *orders[1::10]}
        self.orders = set(orders)
        self.ids = Ids()
        self.others: list[Mutable] = []
        self.mutator = Mutator(self.chance, self.others)
        self.left = messages
        self.each = messages // (3 * len(orders))  # an order makes three events or more

    def put(self, message: Message) -> None:
        """A right message, on its topic among wrong ones; alone if it only answers a wrong one."""
        right = Mutable(message.topic, message.key, message.value, tuple(message.headers))
        wrong = []
        if order_of(right) in self.orders:
            self.ids.add(right)
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
            if not self.ids.are_stolen_by(mutant):
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
