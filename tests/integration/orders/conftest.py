from collections.abc import Callable

import pytest
from msgspec.structs import replace

from api.idempotency import Claim, StoredResponse
from messaging.events import Trace
from orders.catalogue import products_for
from orders.causes import by_user
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from orders.transitions import Status
from tests.factories import ProductFactory, UserFactory


@pytest.fixture
def client_user(db):
    return UserFactory()


@pytest.fixture
def draft(client_user) -> Callable[..., Draft]:
    """A function that makes a priced draft of two units of a product; other fields may be given."""
    product = ProductFactory(sku="MUG", unit_price="2.50")

    def make(*, reference: str = "", source=Order.Source.API, claim: Claim | None = None, lines=None) -> Draft:
        request = OrderRequest(
            client_id=client_user.pk,
            customer_id="C-1",
            reference=reference,
            source=source,
            trace=Trace("request-1"),
            lines=lines or [LineRequest(product.sku, 2)],
        )
        return replace(price(request, products_for({line.sku for line in request.lines})), claim=claim)

    return make


@pytest.fixture
def claim(client_user) -> Callable[..., Claim]:
    def make(key: str, *, body: str = "{}", fingerprint: bytes = b"f", client_id: int | None = None) -> Claim:
        return Claim(client_id or client_user.pk, key, StoredResponse(fingerprint, 201, "/orders/1", body))

    return make


@pytest.fixture
def stored(draft) -> Callable[..., Order]:
    """A function that stores an order of 2 and 3 mugs and brings it to a status by its real steps."""

    def make(status: Status, *, lines: list[LineRequest] | None = None) -> Order:
        placed = draft(reference="PO-1", lines=lines or [LineRequest("MUG", 2), LineRequest("MUG", 3)])
        place_orders([placed])
        before = {Status.CANCELLED: Status.PLACED, Status.PARTLY_FULFILLED: Status.CONFIRMED}
        before[Status.FULFILLED] = Status.CONFIRMED
        rejection = {"reason": "insufficient_stock", "shortages": []} if status == Status.REJECTED else None
        Order.objects.filter(pk=placed.id).update(status=before.get(status, status), rejection=rejection)
        if status == Status.CANCELLED:
            cancel_orders(order_ids=[placed.id], reason="no", cause=by_user("ann"))
        elif status == Status.PARTLY_FULFILLED:
            fulfil_order(order_id=placed.id, lines=[WantedLine(1, 1)], cause=by_user("ann"))
        elif status == Status.FULFILLED:
            fulfil_order(order_id=placed.id, cause=by_user("ann"))
        return Order.objects.get(pk=placed.id)

    return make
