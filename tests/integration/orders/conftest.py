from collections.abc import Callable

import pytest
from msgspec.structs import replace

from api.idempotency import Claim, StoredResponse
from messaging.events import Trace
from orders.catalogue import products_for
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.intake.pricing import price
from orders.models import Order
from tests.factories import ProductFactory, UserFactory


@pytest.fixture
def client_user(db):
    return UserFactory()


@pytest.fixture
def draft(client_user) -> Callable[..., Draft]:
    """Makes a priced draft of two units of a product, with what a test wants to be different."""
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
