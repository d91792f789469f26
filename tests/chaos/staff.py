"""Staff: cancel, send, credit, receive, count and price, often the same thing as a colleague at the same moment."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.goods import AWAITED, PLENTY, SCARCE
from tests.chaos.journal import Journal, Lines, Refusal, RequestedStep, Sighting
from tests.chaos.sender import Answer, Sender

PERMISSIONS = (
    *("orders.view_order", "orders.cancel_order", "orders.fulfil_order", "orders.change_product"),
    *("invoicing.view_invoice", "invoicing.credit_invoice"),
    *("inventory.view_stockmovement", "inventory.add_stockmovement"),
)
FINAL_REFUSALS = (400, 403, 404, 409, 422)
KEY_IN_USE = "idempotency-key-in-use"  # the same request is just being served
LATER = (30, 45)  # seconds until a planned price begins
STATES_TOLD = ("order-not-cancellable", "order-not-fulfillable")  # problems whose detail says what the order is

Taken = tuple[str, Lines]  # an order's id, and its lines


class Staff(Sender):
    """One of several who work on the same orders. `recent`: what any of them has worked on just now."""

    actions = {
        "_cancel": 16,
        "_fulfil": 14,
        "_fulfil_in_part": 18,
        "_credit": 20,
        "_receive": 12,
        "_adjust": 5,
        "_count": 4,
        "_set_price": 4,
        "_repeat": 6,
        "_want_the_impossible": 4,
        "_look": 8,
    }

    def __init__(self, name: str, *, url: str, token: str, journal: Journal, recent: deque[Taken]) -> None:
        super().__init__(name, url=url, token=token, journal=journal)
        self._recent = recent
        self._done: deque[tuple[RequestedStep, str, bytes]] = deque(maxlen=100)

    def _cancel(self) -> None:
        if order := self._some_order():
            step = self._step("cancel", order[0])
            self._ask(step, f"/orders/{order[0]}/cancel", {"reason": step.name})

    def _fulfil(self) -> None:
        if order := self._some_order():
            step = self._step("fulfil", order[0])
            self._ask(step, f"/orders/{order[0]}/fulfil", {"tracking": step.name})

    def _fulfil_in_part(self) -> None:
        if order := self._some_order():
            step = self._step("fulfil", order[0], self._part_of(order[1]))
            body = {"tracking": step.name, "lines": _lines(step.wanted)}
            self._ask(step, f"/orders/{order[0]}/fulfil", body)

    def _credit(self) -> None:
        """Some or all of an order's invoice, if it has one by now. Some come back, not always of what was sent."""
        order = self._some_order()
        seen = self._looked_up(order[0]) if order else None
        if order and seen and (invoice := seen["invoice_number"]):
            sent = [(line["line_no"], units) for line in seen["lines"] if (units := line["fulfilled_quantity"])]
            restock = self.random.random() < (0.7 if sent else 0.1)
            wanted = self._some_of(sent) if sent and restock else self._part_of(order[1])
            wanted = wanted if self.random.random() < 0.8 else {}
            step = self._step("credit", invoice, wanted, restock=restock)
            body = {"reason": step.name, "restock": restock} | ({"lines": _lines(wanted)} if wanted else {})
            self._ask(step, f"/invoices/{invoice}/credit", body)

    def _receive(self) -> None:
        sku, units = self.random.choice(AWAITED), self.random.randint(1, 30)
        step = self._step("receipt", sku, {sku: units})
        self._ask(step, f"/stock/{sku}/movements", {"kind": "receipt", "quantity": units, "document": step.name})

    def _adjust(self) -> None:
        """A few units more or less; fewer than are reserved will be refused."""
        sku = self.random.choice((*PLENTY, *SCARCE, *AWAITED))
        units = self.random.choice((-20, -2, -1, 1, 2))
        step = self._step("adjustment", sku, {sku: units})
        reason = "found" if units > 0 else "lost"
        body = {"kind": "adjustment", "quantity": units, "reason": reason, "document": step.name}
        self._ask(step, f"/stock/{sku}/movements", body)

    def _count(self) -> None:
        """What is there of some skus, and one unit more or less."""
        counted = {}
        for sku in self.random.sample((*PLENTY, *SCARCE, *AWAITED), k=self.random.randint(1, 3)):
            seen = self.get(f"/stock/{sku}")
            if seen.status == 200:
                counted[sku] = max(0, seen.json["on_hand"] + self.random.randint(-1, 1))
        if counted:
            step = self._step("stock-take", "", counted)
            lines = [{"sku": sku, "counted": units} for sku, units in counted.items()]
            self._ask(step, "/stock-takes", {"document": step.name, "lines": lines})

    def _set_price(self) -> None:
        """A price that nobody else sets, from now on, or to begin when every process has heard of it."""
        number, worker = self.new_name().rpartition("-")[2], self.name[-1]
        body = {"unit_price": f"{self.random.randint(1, 9)}.{worker}{int(number):05}"}
        if self.random.random() < 0.5:
            begins = datetime.now(UTC) + timedelta(seconds=self.random.uniform(*LATER))
            body["valid_from"] = begins.isoformat()
        sku = self.random.choice(PLENTY)
        step = RequestedStep(body["unit_price"], "price", sku)
        self.journal.steps.append(step)
        self._ask(step, f"/products/{sku}/prices", body)

    def _repeat(self) -> None:
        """What was done, asked for again with the same key: the same answer is due, and nothing more is done."""
        if self._done:
            step, path, body = self.random.choice(self._done)
            self.insist(path, body, step.name, lambda answer: self._settles(step, answer), tries=1)

    def _want_the_impossible(self) -> None:
        """More than was ever ordered, and a line that there is not."""
        if order := self._some_order():
            quantity = order[1][0][1]
            wanted = self.random.choice(({1: quantity + 1}, {len(order[1]) + 1: 1}))
            step = self._step("fulfil", order[0], wanted, impossible=True)
            self._ask(step, f"/orders/{order[0]}/fulfil", {"tracking": step.name, "lines": _lines(wanted)})

    def _look(self) -> None:
        if order := self._some_order():
            self._looked_up(order[0])

    def _looked_up(self, order_id: str) -> dict[str, Any] | None:
        answer = self.get(f"/orders/{order_id}")
        if answer.status != 200:
            return None
        self._see(order_id, answer, answer.json["status"])
        return dict(answer.json)

    def _see(self, order_id: str, answer: Answer, status: str) -> None:
        self.journal.sightings.append(Sighting(order_id, answer.asked, answer.at, status))

    def _some_order(self) -> Taken | None:
        """One that a colleague has in hand, or a new one, or any."""
        where = self.random.random()
        try:
            if where < 0.45 and self._recent:
                return self.random.choice(self._recent)
            newest = len(self.journal.accepted) - 1
            order = self.journal.accepted[newest - self.random.randint(0, 10 if where < 0.55 else 500)]
        except IndexError:  # few yet, or another thread was just adding some
            return None
        self._recent.append(order)
        return order

    def _part_of(self, lines: Lines) -> dict[int, int]:
        return self._some_of([(number, units) for number, (_, units) in enumerate(lines, start=1)])

    def _some_of(self, units: Sequence[tuple[int, int]]) -> dict[int, int]:
        """Some units of some lines, which are given by their numbers, with the most of each."""
        chosen = self.random.sample(units, k=self.random.randint(1, len(units)))
        return {line_no: self.random.randint(1, most) for line_no, most in sorted(chosen)}

    def _step(self, kind: str, about: str, wanted: Mapping[Any, int] | None = None, **facts: bool) -> RequestedStep:
        step = RequestedStep(self.new_name(), kind, about, wanted or {}, **facts)
        self.journal.steps.append(step)
        return step

    def _ask(self, step: RequestedStep, path: str, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        if self.insist(path, content, step.name, lambda answer: self._settles(step, answer)) and step.answers:
            self._done.append((step, path, content))

    def _settles(self, step: RequestedStep, answer: Answer) -> bool:
        """Whether the answer says what became of the step; it is noted then, and so is what an order was by it."""
        step.tries += 1
        if answer.status in (200, 201):
            step.answers.append(answer.json)
            if step.kind in ("cancel", "fulfil") and not answer.replayed:
                self._see(step.about, answer, answer.json["status"])
            return True
        if answer.status not in FINAL_REFUSALS:
            return False
        problem = answer.json["type"].rpartition(":")[2]
        if problem == KEY_IN_USE:
            return False
        step.refusals.append(Refusal(answer.status, problem, answer.json["detail"], in_doubt=step.tries > 1))
        if problem in STATES_TOLD:
            self._see(step.about, answer, told_status(answer.json["detail"]))
        return True


def told_status(detail: str) -> str:
    """What an order was, by "The order is cancelled: it can't be fulfilled."."""
    return detail.removeprefix("The order is ").partition(":")[0]


def _lines(wanted: Mapping[int, int]) -> list[dict[str, int]]:
    return [{"line_no": line_no, "quantity": quantity} for line_no, quantity in wanted.items()]
