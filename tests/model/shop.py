"""The whole product in memory, as simple as it can be said: what the real one is compared with after every step.

It knows orders by number, hears of events as they are delivered to a consumer, and shares no code with the product.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

FAILED, WAITING, REPLAYED, DISCARDED = "failed", "waiting", "replayed", "discarded"
PLACED, CONFIRMED, REJECTED = "placed", "confirmed", "rejected"
PARTLY, FULFILLED, CANCELLED = "partly_fulfilled", "fulfilled", "cancelled"
AT_THEIR_END = {REJECTED, FULFILLED, CANCELLED}

# What each consumer acts on; the rest of its topics it skips.
ACTS_ON = {
    "inventory": {"order.placed.v1", "order.cancelled.v1", "order.partly_fulfilled.v1", "order.fulfilled.v1"},
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
    lines: list[tuple[str, int]]  # sku and units
    status: str = PLACED
    answer: str = ""  # of the inventory
    shortages: list[dict[str, Any]] = field(default_factory=list)
    invoice: int = 0  # its number
    shown: bool = False  # the invoice, on the order
    sent: list[int] = field(default_factory=list)  # of each line
    dropped: list[int] = field(default_factory=list)  # of each line: cancelled
    held: dict[str, int] = field(default_factory=dict)
    shipments: dict[str, dict[str, int]] = field(default_factory=dict)  # units by sku, by the shipment's number
    issued: set[str] = field(default_factory=set)  # shipments that stock has booked
    released: bool = False
    events: list[str] = field(default_factory=list)  # that were announced of it
    timeline: list[str] = field(default_factory=list)

    @property
    def asked(self) -> dict[str, int]:
        return self.units([units for _, units in self.lines])

    @property
    def open(self) -> list[int]:
        return [
            units - sent - dropped
            for (_, units), sent, dropped in zip(self.lines, self.sent, self.dropped, strict=True)
        ]

    def units(self, of_lines: Sequence[int]) -> dict[str, int]:
        """By sku."""
        total: dict[str, int] = defaultdict(int)
        for (sku, _), units in zip(self.lines, of_lines, strict=True):
            total[sku] += units
        return {sku: units for sku, units in total.items() if units}


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
    shipment: str = ""  # that it is about


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

    def place(self, order: str, lines: list[tuple[str, int]]) -> None:
        nothing = [0] * len(lines)
        self.orders[order] = Order(lines, events=["order.placed.v1"], sent=nothing, dropped=list(nothing))

    def cancel(self, order: Order) -> bool:
        """Whether it can be."""
        if order.status in AT_THEIR_END:
            return False
        order.dropped = order.open
        self._move(order, FULFILLED if order.status == PARTLY else CANCELLED, "order.cancelled.v1")
        return True

    def ship(self, order: Order, taken: Sequence[int]) -> bool:
        """Whether these units of its lines can be sent; `shipped` says under which number they were."""
        if order.status not in (CONFIRMED, PARTLY) or not any(taken):
            return False
        if any(units > left for units, left in zip(taken, order.open, strict=True)):
            return False
        order.sent = [sent + units for sent, units in zip(order.sent, taken, strict=True)]
        status = PARTLY if any(order.open) else FULFILLED
        self._move(order, status, f"order.{status}.v1")
        return True

    def shipped(self, order: Order, taken: Sequence[int], number: str) -> None:
        order.shipments[number] = order.units(taken)

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
            self._act(self.orders[delivery.order], delivery)

    # --- what the consumers do about it ------------------------------------------------------------------------------

    def _act(self, order: Order, delivery: Delivery) -> None:
        event = delivery.type
        if event == "order.cancelled.v1":
            self._release(order)
        elif event in ("order.partly_fulfilled.v1", "order.fulfilled.v1"):
            self._issue(order, delivery.shipment)
        elif event == "order.placed.v1" and not order.answer:
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
            order.held = order.asked
            for sku, units in order.asked.items():
                level = self.levels[sku]
                was_low = level.available <= level.reorder_point
                level.reserved += units
                if level.available <= level.reorder_point and not was_low:
                    order.events.append("stock.low.v1")

    def _release(self, order: Order) -> None:
        if not order.answer:
            order.answer = "cancelled"
        for sku, units in order.units(order.dropped).items():
            if not order.released and order.held.get(sku):
                self._let_go(order, sku, min(units, order.held[sku]), on_hand=0)
        order.released = order.released or order.answer == "reserved"

    def _issue(self, order: Order, shipment: str) -> None:
        if shipment not in order.issued:
            order.issued.add(shipment)
            for sku, units in order.shipments[shipment].items():
                self._let_go(order, sku, units, on_hand=units)

    def _let_go(self, order: Order, sku: str, units: int, *, on_hand: int) -> None:
        order.held[sku] -= units
        if not order.held[sku]:
            del order.held[sku]
        self.levels[sku].reserved -= units
        self.levels[sku].on_hand -= on_hand

    def _move(self, order: Order, status: str, event: str) -> None:
        order.status = status
        order.events.append(event)
        order.timeline.append(event)
