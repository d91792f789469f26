"""Ordinary clients: they place and read orders, and ask again with the same key until they are answered."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.goods import AWAITED, PLENTY, SCARCE
from tests.chaos.journal import Journal, Lines, RequestedOrder, Sighting
from tests.chaos.sender import Answer, Sender

FINAL_REFUSALS = (400, 413, 422)


@dataclass(frozen=True)
class Request:
    """A POST that may be sent again, and the orders that it asks for."""

    path: str
    body: bytes
    key: str
    requested: Sequence[RequestedOrder]


class Client(Sender):
    """Asks for one thing after the other."""

    actions = {"_single": 52, "_keyless": 6, "_bulk": 10, "_wrong": 4, "_repeat": 8, "_reuse": 3, "_read": 15}

    def __init__(self, name: str, *, url: str, token: str, journal: Journal) -> None:
        super().__init__(name, url=url, token=token, journal=journal)
        self._accepted: deque[Request] = deque(maxlen=300)

    def _single(self) -> None:
        order = self._request(self._lines())
        self._place(Request("/orders", _one(order), order.key, [order]))

    def _keyless(self) -> None:
        """An order without a key, which is sent once only."""
        order = self._request(self._lines(), key="")
        self._place(Request("/orders", _one(order), "", [order]), tries=1)

    def _bulk(self) -> None:
        key = self.new_name()
        requested = [self._request(self._lines(), key=key) for _ in range(self.random.randint(2, 15))]
        if self.random.random() < 0.3:
            requested.append(self._request((("NO-SUCH-PRODUCT", 1),), key=key))
        self._place(Request("/orders/bulk", _many(requested), key, requested))

    def _wrong(self) -> None:
        order = self._request(self.random.choice([(("NO-SUCH-PRODUCT", 1),), ((PLENTY[0], 0),)]))
        self._place(Request("/orders", _one(order), order.key, [order]))

    def _repeat(self) -> None:
        """A request that was answered, sent again: the same response is due."""
        keyed = [request for request in self._accepted if request.key]
        if keyed:
            self._place(self.random.choice(keyed), tries=1)

    def _reuse(self) -> None:
        """Another order under a key that was used: it must be rejected."""
        keyed = [request for request in self._accepted if request.key]
        if keyed:
            key = self.random.choice(keyed).key
            order = self._request(self._lines(), key=key)
            self._place(Request("/orders", _one(order), key, [order]))

    def _read(self) -> None:
        """An accepted order, looked up: it must be there."""
        if self._accepted:
            order = self.random.choice(self.random.choice(self._accepted).requested)
            if order.ids:
                answer = self.get(f"/orders/{order.ids[0]}")
                order.not_found += answer.status == 404
                if answer.status == 200:
                    seen = Sighting(order.ids[0], answer.asked, answer.at, answer.json["status"])
                    self.journal.sightings.append(seen)

    def _place(self, request: Request, *, tries: int = 0) -> None:
        """Send a request until a response says what became of its orders."""
        known = any(order.ids for order in request.requested)
        settled = self.insist(
            request.path, request.body, request.key, lambda answer: _settled(request.requested, answer), tries=tries
        )
        if settled and any(order.ids for order in request.requested):
            self._accepted.append(request)
            if not known:
                self.journal.accepted.extend((order.ids[0], order.lines) for order in request.requested if order.ids)

    def _request(self, lines: Lines, key: str | None = None) -> RequestedOrder:
        reference = self.new_name()
        may_wait = self.random.random() < 0.4
        order = RequestedOrder(reference, lines, reference if key is None else key, may_wait=may_wait)
        self.journal.requested.append(order)
        return order

    def _lines(self) -> Lines:
        """One to five lines, in every fifth order of something scarce or awaited; the same sku may come twice."""
        skus = self.random.choices(PLENTY, k=self.random.randint(1, 3))
        if self.random.random() < 0.2:
            skus.append(self.random.choice(SCARCE))
        if self.random.random() < 0.15:
            skus.append(self.random.choice(AWAITED))
        return tuple((sku, self.random.randint(1, 5)) for sku in skus)


def _settled(requested: Sequence[RequestedOrder], answer: Answer) -> bool:
    """Whether the answer says what became of the orders; it is noted then."""
    if answer.status == 201:
        requested[0].ids.append(answer.json["id"])
    elif answer.status == 200:
        for order, result in zip(requested, answer.json["results"], strict=True):
            if result["status"] == 201:
                order.ids.append(result["order"]["id"])
            else:
                order.refusals.append(result["status"])
    elif answer.status in FINAL_REFUSALS:
        for order in requested:
            order.refusals.append(answer.status)
    else:
        return False
    return True


def _one(order: RequestedOrder) -> bytes:
    return json.dumps(_order(order)).encode()


def _many(requested: Sequence[RequestedOrder]) -> bytes:
    return json.dumps({"orders": [_order(order) for order in requested]}).encode()


def _order(order: RequestedOrder) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in order.lines]
    asked = {"customer_id": "C-CHAOS", "reference": order.reference, "lines": lines}
    return asked | ({"allow_backorder": True} if order.may_wait else {})
