"""Ordinary clients: they place and read orders, and ask again with the same key until they are answered."""

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import urllib3

from tests.chaos.journal import Journal, Lines, RequestedOrder

PLENTY = tuple(f"CHAOS-PLENTY-{n}" for n in range(12))
SCARCE = tuple(f"CHAOS-SCARCE-{n}" for n in range(6))
CATALOGUE = "\n".join(
    [
        "sku,name,unit_price,currency,tax_rate,on_hand",
        *(f"{sku},There is enough of it,1.65,GBP,0.2,100000000" for sku in PLENTY),
        *(f"{sku},There is never enough of it,9.99,GBP,0.05,100" for sku in SCARCE),
        "",
    ]
)

THINKING = (0.02, 0.16)  # seconds between two requests of a client
PATIENT, IMPATIENT = 60, 2  # tries
FINAL_REFUSALS = (400, 413, 422)
ACTIONS = {"single": 52, "keyless": 6, "bulk": 12, "wrong": 4, "repeat": 8, "reuse": 3, "read": 15}


@dataclass(frozen=True)
class Request:
    """A POST that may be sent again, and the orders that it asks for."""

    path: str
    body: bytes
    key: str
    requested: Sequence[RequestedOrder]


class Client:
    """Asks for one thing after the other until `resting` is set; gives up what is unanswered when `over` is set."""

    def __init__(self, name: str, *, url: str, token: str, journal: Journal) -> None:
        self.name = name
        self.resting, self.over = threading.Event(), threading.Event()
        self._random = Random(name)
        self._url, self._journal = url, journal
        self._http = urllib3.PoolManager(retries=False)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._number = 0
        self._accepted: deque[Request] = deque(maxlen=300)

    def run(self) -> None:
        while not self.resting.is_set():
            (action,) = self._random.choices(list(ACTIONS), list(ACTIONS.values()))
            getattr(self, f"_{action}")()
            self.resting.wait(self._random.uniform(*THINKING))
        self._http.clear()

    def _single(self) -> None:
        order = self._request(self._lines())
        self._insist(Request("/orders", _one(order), order.key, [order]))

    def _keyless(self) -> None:
        """An order without a key, which is sent once only."""
        order = self._request(self._lines(), key="")
        self._insist(Request("/orders", _one(order), "", [order]), tries=1)

    def _bulk(self) -> None:
        key = self._new_name()
        requested = [self._request(self._lines(), key=key) for _ in range(self._random.randint(2, 15))]
        if self._random.random() < 0.3:
            requested.append(self._request((("NO-SUCH-PRODUCT", 1),), key=key))
        self._insist(Request("/orders/bulk", _many(requested), key, requested))

    def _wrong(self) -> None:
        order = self._request(self._random.choice([(("NO-SUCH-PRODUCT", 1),), ((PLENTY[0], 0),)]))
        self._insist(Request("/orders", _one(order), order.key, [order]))

    def _repeat(self) -> None:
        """A request that was answered, sent again: the same response is due."""
        keyed = [request for request in self._accepted if request.key]
        if keyed:
            self._insist(self._random.choice(keyed), tries=1)

    def _reuse(self) -> None:
        """Another order under a key that was used: it must be rejected."""
        keyed = [request for request in self._accepted if request.key]
        if keyed:
            key = self._random.choice(keyed).key
            order = self._request(self._lines(), key=key)
            self._insist(Request("/orders", _one(order), key, [order]))

    def _read(self) -> None:
        """An accepted order, looked up: it must be there."""
        if self._accepted:
            order = self._random.choice(self._random.choice(self._accepted).requested)
            if order.ids:
                status, _ = self._send("GET", f"/orders/{order.ids[0]}", timeout=5.0)
                order.not_found += status == 404

    def _insist(self, request: Request, *, tries: int = 0) -> None:
        """Send a request until a response says what became of its orders."""
        tries = tries or (IMPATIENT if self._random.random() < 0.1 else PATIENT)
        for attempt in range(tries):
            timeout = 0.25 if self._random.random() < 0.05 else 12.0
            headers = {"Idempotency-Key": request.key} if request.key else {}
            status, body = self._send("POST", request.path, body=request.body, headers=headers, timeout=timeout)
            if _settled(request.requested, status, body):
                if any(order.ids for order in request.requested):
                    self._accepted.append(request)
                return
            if self.over.wait(min(2.0, 0.1 * 2**attempt)):
                return

    def _send(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body; 0 where there was no answer, or not all of it."""
        try:
            answer = self._http.request(
                method, self._url + path, body=body, headers=self._headers | (headers or {}), timeout=timeout
            )
            status, data = answer.status, answer.data
        except urllib3.exceptions.HTTPError:
            status, data = 0, b""
        self._journal.statuses[status] += 1
        return status, data

    def _request(self, lines: Lines, key: str | None = None) -> RequestedOrder:
        reference = self._new_name()
        order = RequestedOrder(reference, lines, reference if key is None else key)
        self._journal.requested.append(order)
        return order

    def _new_name(self) -> str:
        self._number += 1
        return f"{self.name}-{self._number}"

    def _lines(self) -> Lines:
        """One to four lines, among them in every fifth order something scarce; the same sku may come twice."""
        skus = self._random.choices(PLENTY, k=self._random.randint(1, 3))
        if self._random.random() < 0.2:
            skus.append(self._random.choice(SCARCE))
        return tuple((sku, self._random.randint(1, 5)) for sku in skus)


def _settled(requested: Sequence[RequestedOrder], status: int, body: bytes) -> bool:
    """Whether the answer says what became of the orders; it is noted then."""
    if status == 201:
        requested[0].ids.append(json.loads(body)["id"])
    elif status == 200:
        for order, result in zip(requested, json.loads(body)["results"], strict=True):
            if result["status"] == 201:
                order.ids.append(result["order"]["id"])
            else:
                order.refusals.append(result["status"])
    elif status in FINAL_REFUSALS:
        for order in requested:
            order.refusals.append(status)
    else:
        return False
    return True


def _one(order: RequestedOrder) -> bytes:
    return json.dumps(_order(order)).encode()


def _many(requested: Sequence[RequestedOrder]) -> bytes:
    return json.dumps({"orders": [_order(order) for order in requested]}).encode()


def _order(order: RequestedOrder) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in order.lines]
    return {"customer_id": "C-CHAOS", "reference": order.reference, "lines": lines}
