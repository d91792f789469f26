"""The people of a shop for a month: they remember everything that was done, and nothing that was refused."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from tests.e2e.month.books import COUNTRIES, Sale
from tests.e2e.system import System
from tests.waiting import wait_until

PERMISSIONS = (
    *("orders.view_order", "orders.set_price", "orders.cancel_order", "orders.fulfil_order"),
    *("invoicing.view_invoice", "invoicing.credit_invoice"),
    *("inventory.view_stockmovement", "inventory.add_stockmovement"),
)
AT_ONCE = 4


@dataclass
class Memory:
    """What was done, by the answers alone."""

    orders: dict[str, str] = field(default_factory=dict)  # ids by reference
    received: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    sent_of: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # by the order's id
    back: Counter[str] = field(default_factory=Counter)
    cancelled: set[str] = field(default_factory=set)  # references of orders, of the whole or of the rest
    credited: dict[str, dict[int, int]] = field(default_factory=dict)  # units by line, by the credit note's number
    refused: Counter[str] = field(default_factory=Counter)  # problems, by the last word of their types


class Staff:
    """Each request has a key, and is sent until it is answered, whoever is killed meanwhile."""

    def __init__(self, system: System, token: str, seed: int) -> None:
        self.memory = Memory()
        self.answers = 0
        self._system, self._random = system, Random(seed)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._lock = threading.Lock()
        self._keys = 0

    def place(self, sales: Sequence[Sale]) -> None:
        """Orders in bulk, with the prices of the files, as far as may be to addresses; who is short waits."""
        body = {"orders": [_order(sale) for sale in sales]}
        answer = self._post("/orders/bulk", body)
        assert answer.status == 200, answer.data[:500]
        for sale, result in zip(sales, answer.json()["results"], strict=True):
            assert result["status"] == 201, result
            self.memory.orders[sale.number] = result["order"]["id"]

    def receive(self, skus: Mapping[str, int], document: str) -> None:
        for sku, units in skus.items():
            body = {"kind": "receipt", "quantity": units, "document": document}
            assert self._post(f"/stock/{quote(sku)}/movements", body).status == 201
            self.memory.received[sku] += units

    def work_on(self, references: Iterable[str]) -> None:
        """Cancel, send and take back what comes to mind, several orders at a time."""
        chosen = [(reference, self._random.random(), self._random.random()) for reference in references]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: self._work_on_one(*one), chosen))

    def _work_on_one(self, reference: str, what: float, how: float) -> None:
        order_id = self.memory.orders[reference]
        if what < 0.12:
            self._cancel(reference, order_id)
        elif what < 0.45:
            self._send(order_id, None)
        elif what < 0.65:
            self._send(order_id, self._half_of(order_id))
            if how < 0.5:
                self._cancel(reference, order_id)
        if what > 0.12 and how < 0.45:
            self._take_back(order_id)

    def _half_of(self, order_id: str) -> list[dict[str, int]]:
        """Every second line, and of it half."""
        lines = self._read(f"/orders/{order_id}")["lines"][::2]
        return [{"line_no": line["line_no"], "quantity": (line["quantity"] + 1) // 2} for line in lines]

    def _cancel(self, reference: str, order_id: str) -> None:
        if self._done(self._post(f"/orders/{order_id}/cancel", {"reason": f"cancelled {reference}"})):
            with self._lock:
                self.memory.cancelled.add(reference)

    def _send(self, order_id: str, lines: list[dict[str, int]] | None) -> None:
        if answer := self._done(self._post(f"/orders/{order_id}/fulfil", {"lines": lines} if lines else {})):
            shipment = answer["shipments"][-1]
            with self._lock:
                for line in shipment["lines"]:
                    self.memory.sent[line["sku"]] += line["quantity"]
                    self.memory.sent_of[order_id][line["sku"]] += line["quantity"]

    def _take_back(self, order_id: str) -> None:
        """One unit of each line that was sent comes back, or else one unit of the first line is credited."""
        order = self._read(f"/orders/{order_id}")
        if not order["invoice_number"]:
            return
        sent = [line["line_no"] for line in order["lines"] if line["fulfilled_quantity"]]
        lines = [{"line_no": number, "quantity": 1} for number in sent or [1]]
        body = {"reason": "taken back", "restock": bool(sent), "lines": lines}
        if note := self._done(self._post(f"/invoices/{order['invoice_number']}/credit", body)):
            with self._lock:
                self.memory.credited[note["number"]] = {line["line_no"]: line["quantity"] for line in note["lines"]}
                for line in note["lines"] if note["restock"] else ():
                    self.memory.back[line["sku"]] += line["quantity"]

    def file(self, path: str) -> bytes:
        """A document as it is."""
        answer = wait_until(lambda: self._answered("GET", path), within=90, what=path)
        assert answer.status == 200, answer.data[:500]
        return bytes(answer.data)

    def _done(self, answer: Any) -> Any:
        """What an answer says; None where it is a conflict with what others did."""
        if answer.status == 409:
            with self._lock:
                self.memory.refused[answer.json()["type"].rpartition(":")[2]] += 1
            return None
        assert answer.status in (200, 201), answer.data[:500]
        return answer.json()

    def _read(self, path: str) -> Any:
        return wait_until(lambda: self._answered("GET", path), within=90, what=path).json()

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        with self._lock:
            self._keys += 1
            headers = {"Idempotency-Key": f"month-{self._keys}"}
        return wait_until(lambda: self._answered("POST", path, json=body, headers=headers), within=90, what=path)

    def _answered(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> Any:
        """The answer, if it is one about the matter."""
        answer = self._system.request(method, path, headers={**self._headers, **(headers or {})}, **body)
        if answer.status in (0, 429, 503) or (answer.status == 409 and b"idempotency-key-in-use" in answer.data):
            return None
        with self._lock:
            self.answers += 1
        return answer


def _order(sale: Sale) -> dict[str, Any]:
    lines = [{"sku": line.sku, "quantity": line.quantity, "unit_price": str(line.price)} for line in sale.lines]
    order = {
        "customer_id": sale.customer,
        "reference": sale.number,
        "currency": "GBP",
        "allow_backorder": True,
        "lines": lines,
    }
    if country := COUNTRIES.get(sale.country):
        street = {"lines": ["1 High Street"], "city": "Somewhere"}
        order["bill_to"] = {"name": f"Customer {sale.customer}", "country": country} | street
    return order
