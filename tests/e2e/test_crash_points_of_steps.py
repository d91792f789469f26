"""Dying with a step of an order in hand: a cancellation, a shipment, a credit note, or stock that others wait for.

The web server dies while it is asked for the steps, then each consumer with each kind of event in turn, and gets them
again. tests/e2e/test_crash_points.py says the same of orders that are placed, at every point.
"""

import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.chaos.rest import comes_to_rest
from tests.e2e.month.staff import PERMISSIONS
from tests.e2e.system import System
from tests.waiting import wait_until

CONSUMERS = ("inventory", "orders", "invoicing")
EACH = 3  # orders of each kind
DEATHS = {"inventory": 3, "orders": 2, "invoicing": 1}  # as many as it gets batches at least


class Shop:
    """Orders that are confirmed, sent or waiting, and what is about to be done with them."""

    def __init__(self, system: System, sku: str) -> None:
        self._system, self._sku = system, sku
        token = system.manage("create_api_client", f"staff-{sku}", "--permission", *PERMISSIONS).stdout.strip()
        self._headers = {"Authorization": f"Bearer {token}"}
        catalogue = system.folder / f"{sku}.csv"
        catalogue.write_text(f"sku,name,unit_price,currency,tax_rate,on_hand\n{sku},Awaited,2.50,GBP,0.2,0\n")
        system.manage("import_catalogue", str(catalogue))
        self.cancelled, self.sent, self.sent_in_part, self.returned = (self._place("TEST-BAG") for _ in range(4))
        self.waiting = self._place(sku)
        for order_id in (*self.cancelled, *self.sent, *self.sent_in_part, *self.returned):
            wait_until(lambda order_id=order_id: self._order(order_id)["invoice_number"], within=60, what="its invoice")
        self._invoices = [self._order(order_id)["invoice_number"] for order_id in self.returned]
        for order_id in self.returned:
            self._post(f"/orders/{order_id}/fulfil", {})
        for order_id in self.waiting:
            wait_until(lambda order_id=order_id: self._order(order_id)["status"] == "backordered", what="it waits")

    def take_steps(self) -> list[int]:
        """All at once, each until it is answered; the statuses."""
        half = {"lines": [{"line_no": 1, "quantity": 1}]}
        back = {"reason": "Broken", "restock": True} | half
        steps: list[tuple[str, Mapping[str, object]]] = [
            *((f"/orders/{order_id}/cancel", {"reason": "Changed their mind"}) for order_id in self.cancelled),
            *((f"/orders/{order_id}/fulfil", {}) for order_id in self.sent),
            *((f"/orders/{order_id}/fulfil", half) for order_id in self.sent_in_part),
            *((f"/invoices/{number}/credit", back) for number in self._invoices),
            (f"/stock/{self._sku}/movements", {"kind": "receipt", "quantity": 2 * EACH}),
        ]
        with ThreadPoolExecutor(len(steps)) as pool:
            return [answer.status for answer in pool.map(lambda step: self._post(*step), steps)]

    def assert_done(self) -> None:
        """Each step took effect once: by the orders, the ledger and the documents."""
        assert [self._status(order_id) for order_id in self.cancelled] == ["cancelled"] * EACH
        assert [self._status(order_id) for order_id in self.sent] == ["fulfilled"] * EACH
        assert [self._status(order_id) for order_id in self.sent_in_part] == ["partly_fulfilled"] * EACH
        assert [self._status(order_id) for order_id in self.waiting] == ["confirmed"] * EACH
        for order_id in (*self.cancelled, *self.returned):
            assert len(self._order(order_id)["credit_notes"]) == 1
        for order_ids, kinds in (
            (self.cancelled, ["release"]),
            (self.sent, ["issue"]),
            (self.sent_in_part, ["issue"]),
            (self.returned, ["issue", "return"]),
        ):
            assert [self._moved(order_id) for order_id in order_ids] == [["reservation", *kinds]] * EACH
        assert [self._moved(order_id) for order_id in self.waiting] == [["backorder", "reservation"]] * EACH

    def _place(self, sku: str) -> list[str]:
        lines = [{"sku": sku, "quantity": 2}]
        order = {"customer_id": "C-1", "lines": lines, "allow_backorder": True}
        answer = self._post("/orders/bulk", {"orders": [order] * EACH})
        return [result["order"]["id"] for result in answer.json()["results"]]

    def _order(self, order_id: str) -> dict[str, Any]:
        return dict(self._system.request("GET", f"/orders/{order_id}", headers=self._headers).json())

    def _status(self, order_id: str) -> str:
        return str(self._system.query(f"SELECT status FROM orders_order WHERE id = '{order_id}'")[0][0])

    def _moved(self, order_id: str) -> list[str]:
        rows = f"SELECT kind FROM inventory_stockmovement WHERE order_id = '{order_id}' ORDER BY id"
        return [kind for (kind,) in self._system.query(rows)]

    def _post(self, path: str, body: Mapping[str, object]):
        headers = self._headers | {"Idempotency-Key": uuid4().hex}

        def answered():
            answer = self._system.request("POST", path, json=body, headers=headers)
            in_doubt = answer.status in (0, 503) or b"idempotency-key-in-use" in answer.data
            return None if in_doubt else answer

        return wait_until(answered, within=120, what=path)


@pytest.mark.parametrize("step", ["outbox.before_commit", "outbox.after_commit", "batch.before_commit"])
def test_whoever_dies_with_a_step_in_hand_does_no_harm(system, step):
    system.invoiced(system.place().json()["id"])
    assert comes_to_rest(system, seconds=90)
    pending_before = system.audit()["pending"]
    shop = Shop(system, f"AWAITED-{step.upper()}".replace("_", "-"))
    system.stop(*CONSUMERS)
    _take_steps_while_a_worker_dies(system, shop, step)
    for name in CONSUMERS:
        _die_at_each_batch(system, name, step)
    assert comes_to_rest(system, seconds=90)

    shop.assert_done()
    assert system.audit()["pending"] == pending_before


def _take_steps_while_a_worker_dies(system: System, shop: Shop, step: str) -> None:
    """A web server that a supervisor starts again; it never gets to the steps of a batch."""
    before = system.worker_deaths()
    system.stop("web")
    system.start("web", CRASH_AT=f"{step}:2")
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(shop.take_steps)
        if step.startswith("outbox."):
            wait_until(lambda: _worker_has_died(system, before), within=60, what="a worker dies")
        system.stop("web")
        system.start("web")

        assert set(taken.result()) <= {200, 201}


def _worker_has_died(system: System, before: int) -> bool:
    """All steps may have been published by one pass: another order makes another one."""
    has_died = system.worker_deaths() > before
    if not has_died:
        system.place()
    return has_died


def _die_at_each_batch(system: System, name: str, step: str) -> None:
    """In its first life it dies with its first batch, in the second with its second one, and so on; then it lives."""
    for life in range(1, DEATHS[name] + 1):
        system.start(name, CRASH_AT=f"{step}:{life}")
        wait_until(lambda: _has_died(system, name), within=60, what=f"{name} dies at its batch {life}")
    system.start(name)
    system.settle(name)


def _has_died(system: System, name: str) -> bool:
    """All may have come in fewer batches than it is to die with: another order makes another batch."""
    if system.processes[name].exit_status is None:
        system.place()
    return system.processes[name].exit_status == -signal.SIGKILL
