"""The whole product in memory, as simple as it can be said: what the real one is compared with after every step.

It knows orders by number, hears of events as they are delivered to a consumer, and shares no code with the product.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

FAILED, WAITING, REPLAYED, DISCARDED = "failed", "waiting", "replayed", "discarded"
PLACED, BACKORDERED, CONFIRMED, REJECTED = "placed", "backordered", "confirmed", "rejected"
PARTLY, FULFILLED, CANCELLED = "partly_fulfilled", "fulfilled", "cancelled"
AT_THEIR_END = {REJECTED, FULFILLED, CANCELLED}

# What each consumer acts on; the rest of its topics it skips.
SHIPPED = ("order.partly_fulfilled.v1", "order.fulfilled.v1")
ACTS_ON = {
    "inventory": {"order.placed.v1", "order.cancelled.v1", *SHIPPED, "credit_note.issued.v1", "stock.replenished.v1"},
    "orders": {
        *("stock.reserved.v1", "stock.backordered.v1", "stock.rejected.v1"),
        *("invoice.issued.v1", "credit_note.issued.v1"),
    },
    "invoicing": {"order.confirmed.v1", "order.cancelled.v1"},
}
# What a consumer acts on together, where it comes together in a batch; of each other type it acts on the events alone.
TOGETHER = {("inventory", event): "shipments" for event in SHIPPED} | {
    ("invoicing", event): "bills" for event in ACTS_ON["invoicing"]
}
Place = tuple[str, int, int]


@dataclass
class Level:
    on_hand: int = 0
    reserved: int = 0
    reorder_point: int = 0
    backordered: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def low(self) -> bool:
        return self.available <= self.reorder_point


@dataclass
class Order:
    lines: list[tuple[str, int]]  # sku and units
    may_wait: bool = False
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
    waits_for: dict[str, int] = field(default_factory=dict)  # units by sku
    cancellation_known: bool = False  # to invoicing
    credited: dict[int, tuple[list[int], bool]] = field(default_factory=dict)  # units of each line, restock; by number
    credits_shown: list[int] = field(default_factory=list)
    returned: set[int] = field(default_factory=set)  # credit notes that stock has booked
    unsent: list[int] = field(default_factory=list)  # of each line: credited before it was sent
    pending: set[int] = field(default_factory=set)  # credit notes that stock has not, for what they take is not issued
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

    @property
    def sendable(self) -> list[int]:
        return [max(0, left - unsent) for left, unsent in zip(self.open, self.unsent, strict=True)]

    @property
    def creditable(self) -> list[int]:
        taken = [sum(units) for units in zip(*(units for units, _ in self.credited.values()), strict=True)]
        return [units - gone for (_, units), gone in zip(self.lines, taken or [0] * len(self.lines), strict=True)]

    @property
    def returnable(self) -> list[int]:
        """The units of each line that can come back."""
        back = [units for units, restock in self.credited.values() if restock]
        return [sent - sum(units[place] for units in back) for place, sent in enumerate(self.sent)]

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
    document: str = ""  # the number of the shipment or credit note that it is about
    skus: tuple[str, ...] = ()  # of which there is more


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
        self.credit_notes = 0
        self.ran_low: Counter[str] = Counter()  # skus, without an order

    # --- what people do ----------------------------------------------------------------------------------------------

    def place(self, order: str, lines: list[tuple[str, int]], *, may_wait: bool) -> None:
        nothing = [0] * len(lines)
        self.orders[order] = Order(
            lines,
            may_wait=may_wait,
            events=["order.placed.v1"],
            sent=nothing,
            dropped=list(nothing),
            unsent=list(nothing),
        )

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
        if any(units > left for units, left in zip(taken, order.sendable, strict=True)):
            return False
        order.sent = [sent + units for sent, units in zip(order.sent, taken, strict=True)]
        status = PARTLY if any(order.open) else FULFILLED
        self._move(order, status, f"order.{status}.v1")
        return True

    def shipped(self, order: Order, taken: Sequence[int], number: str) -> None:
        order.shipments[number] = order.units(taken)

    def credit(self, order: Order, units: list[int], *, restock: bool) -> None:
        before = [sum(noted) for noted in zip(*(noted for noted, _ in order.credited.values()), strict=True)]
        before = before or [0] * len(units)
        for place, taken in enumerate(units):
            of_cancelled = 0 if restock else min(taken, max(0, order.dropped[place] - order.unsent[place]))
            of_sent = min(taken - of_cancelled, order.sent[place] - (before[place] - order.unsent[place]))
            order.unsent[place] += taken - of_sent
        self.credit_notes += 1
        order.credited[self.credit_notes] = (units, restock)
        order.events.append("credit_note.issued.v1")

    def expire(self) -> None:
        """All who wait have waited for too long: whose turn it is gets what came in time, the others are rejected."""
        self._serve(list(self.levels))
        for order in self.orders.values():
            if order.answer == BACKORDERED:
                self._leave_queue(order)
                order.answer = "rejected"
                order.events.append("stock.rejected.v1")

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
            level = self.levels.setdefault(sku, Level())
            was_low = level.low
            level.on_hand += change
            self.ran_low[sku] += level.low and not was_low
        return True

    def level(self, sku: str) -> Level:
        return self.levels.get(sku, Level())

    # --- what is delivered -------------------------------------------------------------------------------------------

    def deliver(self, consumer: str, deliveries: Iterable[Delivery]) -> None:
        taken = []
        for delivery in deliveries:
            letter = self.letters[consumer].get(delivery.place)
            if delivery.event_id and delivery.type not in ACTS_ON[consumer]:
                continue  # of no use to it, and so it waits for nothing
            if self.held(consumer, delivery.order):
                self._keep(consumer, delivery, WAITING)
            elif delivery.event_id:
                taken += self._taken(consumer, delivery)
            elif letter is None:
                self._keep(consumer, delivery, FAILED)
        self._act_on(consumer, taken)

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
            self._act_on(consumer, self._taken(consumer, letter.delivery))
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

    def _taken(self, consumer: str, delivery: Delivery) -> list[Delivery]:
        """The delivery, if it is to be acted on."""
        if delivery.type not in ACTS_ON[consumer] or delivery.event_id in self.handled[consumer]:
            return []
        self.handled[consumer].add(delivery.event_id)
        return [delivery]

    # --- what the consumers do about it ------------------------------------------------------------------------------

    def _act_on(self, consumer: str, deliveries: Iterable[Delivery]) -> None:
        """What one order is told keeps its sequence; between orders, what is of one kind comes together."""
        groups: list[tuple[str, list[Delivery]]] = []
        reached: dict[str, int] = {}  # the last group with a delivery of an order
        for delivery in deliveries:
            kind = TOGETHER.get((consumer, delivery.type), delivery.type)
            later = range(reached.get(delivery.order, 0), len(groups))
            place = next((number for number in later if groups[number][0] == kind), None)
            if place is None:
                place = len(groups)
                groups.append((kind, []))
            groups[place][1].append(delivery)
            reached[delivery.order] = place
        for kind, group in groups:
            if kind == "bills":
                self._bill(group)
            else:
                for delivery in group:
                    self._act(consumer, self.orders[delivery.order], delivery)
                if consumer == "inventory":
                    for name in dict.fromkeys(delivery.order for delivery in group):
                        self._book_returns(self.orders[name])

    def _act(self, consumer: str, order: Order, delivery: Delivery) -> None:
        event = delivery.type
        if event == "credit_note.issued.v1":
            self._credited(consumer, order, int(delivery.document.rsplit("-")[-1]))
        elif consumer == "orders":
            self._follow(order, event)
        elif event == "order.cancelled.v1":
            self._release(order)
        elif event in SHIPPED:
            self._issue(order, delivery.document)
        elif event == "stock.replenished.v1":
            self._serve(delivery.skus)
        elif not order.answer:
            self._answer(order)

    def _follow(self, order: Order, event: str) -> None:
        """What orders make of what the others say."""
        if event == "stock.backordered.v1" and order.status == PLACED:
            self._move(order, BACKORDERED, "order.backordered.v1")
        elif event == "stock.reserved.v1" and order.status in (PLACED, BACKORDERED):
            self._move(order, CONFIRMED, "order.confirmed.v1")
        elif event == "stock.rejected.v1" and order.status in (PLACED, BACKORDERED):
            self._move(order, REJECTED, "order.rejected.v1")
        elif event == "invoice.issued.v1" and not order.shown:
            order.shown = True
            order.timeline.append("invoice.issued.v1")

    def _credited(self, consumer: str, order: Order, number: int) -> None:
        _, restock = order.credited[number]
        if consumer == "orders" and number not in order.credits_shown:
            order.credits_shown.append(number)
            order.timeline.append("credit_note.issued.v1")
        if consumer == "inventory" and restock and number not in order.returned:
            order.pending.add(number)

    def _book_returns(self, order: Order) -> None:
        """Book what came back, the oldest credit note first, as far as stock knows that it had left."""
        away: Counter[str] = Counter()
        for shipment in order.issued:
            away.update(order.shipments[shipment])
        for number in order.returned:
            away.subtract(order.units(order.credited[number][0]))
        for number in sorted(order.pending):
            back = order.units(order.credited[number][0])
            if all(away[sku] >= units for sku, units in back.items()):
                order.pending.remove(number)
                order.returned.add(number)
                for sku, units in back.items():
                    away[sku] -= units
                    self.levels[sku].on_hand += units

    def _bill(self, deliveries: Sequence[Delivery]) -> None:
        told = [self.orders[each.order] for each in deliveries if each.type == "order.cancelled.v1"]
        news = [order for order in told if not order.cancellation_known]
        for order in news:
            order.cancellation_known = True
        for delivery in deliveries:
            order = self.orders[delivery.order]
            whole = order.cancellation_known and order.dropped == [units for _, units in order.lines]
            if delivery.type == "order.confirmed.v1" and not order.invoice and not whole:
                self.invoices += 1
                order.invoice = self.invoices
                order.events.append("invoice.issued.v1")
                news.append(order)
        due = {order.invoice: order for order in news if order.invoice and order.cancellation_known}
        for _, order in sorted(due.items()):
            wanted = [max(0, dropped - unsent) for dropped, unsent in zip(order.dropped, order.unsent, strict=True)]
            units = [min(pair) for pair in zip(order.creditable, wanted, strict=True)]
            if any(units):
                self.credit(order, units, restock=False)

    def _answer(self, order: Order) -> None:
        asked = order.asked
        if order.may_wait:
            for sku in asked:
                self.levels.setdefault(sku, Level())
        free = {sku: max(0, self.level(sku).available - self.level(sku).backordered) for sku in asked}
        order.shortages = [
            {"sku": sku, "asked": units, "available": free[sku]} for sku, units in asked.items() if units > free[sku]
        ]
        order.answer = "reserved" if not order.shortages else BACKORDERED if order.may_wait else "rejected"
        order.events.append(f"stock.{order.answer}.v1")
        if order.answer == BACKORDERED:
            order.waits_for = asked
            for sku, units in asked.items():
                self.levels[sku].backordered += units
        elif order.answer == "reserved":
            self._hold(order)

    def _hold(self, order: Order) -> None:
        order.held = order.asked
        for sku, units in order.asked.items():
            level = self.levels[sku]
            was_low = level.low
            level.reserved += units
            if level.low and not was_low:
                order.events.append("stock.low.v1")

    def _serve(self, skus: Sequence[str]) -> None:
        due = [order for order in self.whose_turn() if set(skus) & set(order.waits_for)]
        for order in due:
            self._leave_queue(order)
            order.answer = "reserved"
            order.events.append("stock.reserved.v1")
            self._hold(order)

    def whose_turn(self) -> list[Order]:
        """Those who wait and can be served together with all who wait before them, for whatever these may wait."""
        wanted: Counter[str] = Counter()
        due = []
        for _, order in sorted(self.orders.items()):
            wanted.update(order.waits_for)
            if order.waits_for and all(wanted[sku] <= self.levels[sku].available for sku in order.waits_for):
                due.append(order)
        return due

    def _leave_queue(self, order: Order) -> None:
        for sku, units in order.waits_for.items():
            self.levels[sku].backordered -= units
        order.waits_for = {}

    def _release(self, order: Order) -> None:
        if order.answer in ("", BACKORDERED):
            self._leave_queue(order)
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
