"""The whole product in memory, as simple as it can be said: what the real one is compared with after every step.

It knows orders by number, hears of events as they are delivered to a consumer, and shares no code with the product.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

FAILED, WAITING, REPLAYED, DISCARDED = "failed", "waiting", "replayed", "discarded"
PLACED, CONFIRMED, REJECTED = "placed", "confirmed", "rejected"

# What each consumer acts on; the rest of its topics it skips.
ACTS_ON = {
    "inventory": {"order.placed.v1"},
    "orders": {"stock.reserved.v1", "stock.rejected.v1", "invoice.issued.v1"},
    "invoicing": {"order.confirmed.v1"},
}
Place = tuple[str, int, int]


@dataclass
class Level:
    on_hand: int = 0
    reserved: int = 0
    reorder_point: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass
class Order:
    asked: dict[str, int]  # units by sku
    status: str = PLACED
    answer: str = ""  # of the inventory
    shortages: list[dict[str, Any]] = field(default_factory=list)
    invoice: int = 0  # its number
    shown: bool = False  # the invoice, on the order
    events: list[str] = field(default_factory=list)  # that were announced of it
    timeline: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A draft on its way in: its idempotency key with the answer that it would get, or its reference as an import."""

    key: tuple[int, str] | None
    answer: str
    reference: str


@dataclass(frozen=True)
class Delivery:
    """A record: what stands in it, or no `event_id` where it can't be read."""

    place: Place
    order: str
    type: str
    event_id: str


@dataclass
class Letter:
    delivery: Delivery
    state: str

    @property
    def open(self) -> bool:
        return self.state in (FAILED, WAITING)


class Shop:
    def __init__(self) -> None:
        self.levels: dict[str, Level] = {}
        self.orders: dict[str, Order] = {}
        self.handled: dict[str, set[str]] = defaultdict(set)  # event ids by consumer
        self.letters: dict[str, dict[Place, Letter]] = defaultdict(dict)  # by consumer, in the order of their storing
        self.keys: dict[tuple[int, str], str] = {}  # idempotency keys and their answers
        self.references: set[str] = set()  # that were imported
        self.invoices = 0

    # --- what people do ----------------------------------------------------------------------------------------------

    def place(self, order: str, asked: dict[str, int]) -> None:
        self.orders[order] = Order(asked, events=["order.placed.v1"])

    def outcomes(self, drafts: Sequence[Asked]) -> list[str]:
        """The answer that each draft is given, empty where it is to be stored."""
        keys, references = dict(self.keys), set(self.references)
        for draft in drafts:
            if draft.key:
                self.keys.setdefault(draft.key, draft.answer)
            elif draft.reference:
                self.references.add(draft.reference)
        return [self._outcome(draft, keys, references) for draft in drafts]

    def _outcome(self, draft: Asked, keys: dict[tuple[int, str], str], references: set[str]) -> str:
        if draft.key:
            return self.keys[draft.key] if draft.key in keys or self.keys[draft.key] != draft.answer else ""
        return "imported before" if draft.reference in references else ""

    def change_on_hand(self, changes: dict[str, int]) -> bool:
        """Whether all of it can be done; else nothing is."""
        if any(self.level(sku).on_hand + change < self.level(sku).reserved for sku, change in changes.items()):
            return False
        for sku, change in changes.items():
            self.levels.setdefault(sku, Level()).on_hand += change
        return True

    def level(self, sku: str) -> Level:
        return self.levels.get(sku, Level())

    # --- what is delivered -------------------------------------------------------------------------------------------

    def deliver(self, consumer: str, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            letter = self.letters[consumer].get(delivery.place)
            if self.held(consumer, delivery.order):
                self._keep(consumer, delivery, WAITING)
            elif delivery.event_id:
                self._take(consumer, delivery)
            elif letter is None:
                self._keep(consumer, delivery, FAILED)

    def would_act(self, consumer: str, delivery: Delivery) -> bool:
        return (
            not self.held(consumer, delivery.order)
            and delivery.type in ACTS_ON[consumer]
            and delivery.event_id not in {"", *self.handled[consumer]}
        )

    def fail(self, consumer: str, delivery: Delivery) -> None:
        """The handler failed on it again and again."""
        self._keep(consumer, delivery, FAILED)

    def held(self, consumer: str, order: str) -> bool:
        return bool(self.sequence(consumer, order))

    def sequence(self, consumer: str, order: str) -> list[Letter]:
        return [each for each in self.letters[consumer].values() if each.open and each.delivery.order == order]

    def replay(self, consumer: str, order: str) -> None:
        for letter in self.sequence(consumer, order):
            if not letter.delivery.event_id:
                letter.state = FAILED
                return
            self._take(consumer, letter.delivery)
            letter.state = REPLAYED

    def discard(self, consumer: str, letters: Sequence[Letter]) -> None:
        for letter in letters:
            letter.state = DISCARDED
            if letter.delivery.event_id and letter.delivery.type in ACTS_ON[consumer]:
                self.handled[consumer].add(letter.delivery.event_id)
        for order in dict.fromkeys(letter.delivery.order for letter in letters):
            left = self.sequence(consumer, order)
            if left and left[0].state == WAITING:
                self.replay(consumer, order)

    def _keep(self, consumer: str, delivery: Delivery, state: str) -> None:
        self.letters[consumer].setdefault(delivery.place, Letter(delivery, state))

    def _take(self, consumer: str, delivery: Delivery) -> None:
        if delivery.type in ACTS_ON[consumer] and delivery.event_id not in self.handled[consumer]:
            self.handled[consumer].add(delivery.event_id)
            self._act(self.orders[delivery.order], delivery.type)

    # --- what the consumers do about it ------------------------------------------------------------------------------

    def _act(self, order: Order, event: str) -> None:
        if event == "order.placed.v1" and not order.answer:
            self._answer(order)
        elif event == "stock.reserved.v1" and order.status == PLACED:
            self._move(order, CONFIRMED, "order.confirmed.v1")
        elif event == "stock.rejected.v1" and order.status == PLACED:
            self._move(order, REJECTED, "order.rejected.v1")
        elif event == "order.confirmed.v1" and not order.invoice:
            self.invoices += 1
            order.invoice = self.invoices
            order.events.append("invoice.issued.v1")
        elif event == "invoice.issued.v1" and not order.shown:
            order.shown = True
            order.timeline.append("invoice.issued.v1")

    def _answer(self, order: Order) -> None:
        order.shortages = [
            {"sku": sku, "asked": units, "available": self.level(sku).available}
            for sku, units in order.asked.items()
            if units > self.level(sku).available
        ]
        order.answer = "rejected" if order.shortages else "reserved"
        order.events.append(f"stock.{order.answer}.v1")
        if not order.shortages:
            for sku, units in order.asked.items():
                level = self.levels[sku]
                was_low = level.available <= level.reorder_point
                level.reserved += units
                if level.available <= level.reorder_point and not was_low:
                    order.events.append("stock.low.v1")

    def _move(self, order: Order, status: str, event: str) -> None:
        order.status = status
        order.events.append(event)
        order.timeline.append(event)
