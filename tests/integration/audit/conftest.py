from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from msgspec.structs import replace

from inventory.services import set_on_hand
from messaging.consuming.batches import BatchHandler
from messaging.events import Trace
from messaging.outbox.delivery import publish_pending
from messaging.transport.memory import MemoryBroker
from operations.pipeline import CONSUMERS
from orders.catalogue import products_for
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import Order
from tests.claims import bulk_claim, single_claim
from tests.factories import ProductFactory, UserFactory


@dataclass
class Shop:
    """The whole pipeline with an in-memory broker, whose steps a test calls."""

    client_id: int
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    placed: Order = field(init=False)
    confirmed: Order = field(init=False)
    rejected: Order = field(init=False)
    invoiced: list[Order] = field(init=False)

    def __post_init__(self) -> None:
        self._subscriptions = {
            name: self.broker.subscribe(name, consumer.topics) for name, consumer in CONSUMERS.items()
        }

    def draft(self, quantities: Mapping[str, int], **changes: Any) -> Draft:
        request = OrderRequest(
            client_id=self.client_id,
            customer_id="C-1",
            reference="R-1",
            lines=[LineRequest(sku, quantity) for sku, quantity in quantities.items()],
            trace=Trace(),
        )
        return price(replace(request, **changes), products_for(quantities.keys()))

    def place(self, **quantities: int) -> Order:
        return self.store(self.draft(quantities))

    def place_once(self, key: str, **quantities: int) -> Order:
        """Place an order by a request with an Idempotency-Key."""
        draft = self.draft(quantities)
        return self.store(replace(draft, claim=single_claim(draft, key)))

    def place_in_bulk(self, key: str, **quantities: int) -> Order:
        """Place an order by a bulk request in which another one is rejected."""
        draft = self.draft(quantities)
        return self.store(replace(draft, claim=bulk_claim([draft], key, refused=1)))

    def store(self, draft: Draft) -> Order:
        place_orders([draft])
        return Order.objects.get(pk=draft.id)

    def deliver(self, *consumers: str) -> None:
        """Publish the events of the outbox, and have these consumers handle their records."""
        publish_pending(self.broker.producer())
        for name in consumers:
            records = self._subscriptions[name].poll(timeout=0, max_records=1000)
            BatchHandler(CONSUMERS[name]).handle(records)

    def confirm(self, **quantities: int) -> Order:
        """Place an order and have it confirmed, but not invoiced."""
        order = self.place(**quantities)
        self.deliver("inventory")
        self.deliver("orders")
        order.refresh_from_db()
        return order

    def settle(self) -> None:
        """Deliver events until none is in flight."""
        for _ in range(4):
            self.deliver(*CONSUMERS)


@pytest.fixture
def sql() -> Callable[..., Any]:
    """A function that runs SQL without triggers and foreign keys, like a superuser."""

    def run(statement: str, *parameters: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, parameters)
            cursor.execute("SET LOCAL session_replication_role = origin")

    return run


@pytest.fixture
def shop(db) -> Shop:
    """A shop with stock, and no orders."""
    for sku, unit_price, tax_rate in (("MUG", "2.50", "0.2"), ("TEA", "2.50", "0.05"), ("PIN", "0.335", "0.2")):
        ProductFactory(sku=sku, unit_price=unit_price, tax_rate=tax_rate)
    set_on_hand(levels={"MUG": 100, "TEA": 50, "PIN": 10})
    return Shop(client_id=UserFactory().pk)


@pytest.fixture
def busy_shop(shop) -> Shop:
    """A healthy shop with an order in each state; one was placed with a key, one in bulk with a key."""
    invoiced = [shop.place_once("first", MUG=2, TEA=3), shop.place(MUG=5)]
    rejected = shop.place(MUG=1, TEA=51)
    shop.settle()
    shop.confirmed = shop.confirm(MUG=2, TEA=1)
    shop.placed = shop.place_in_bulk("many", MUG=2, TEA=2)
    shop.rejected, *shop.invoiced = (Order.objects.get(pk=order.pk) for order in (rejected, *invoiced))
    return shop


@pytest.fixture
def age(sql):
    """A function that makes all rows of the shop older by a timedelta."""

    def age_by(period: timedelta) -> None:
        for statement in (
            "UPDATE inventory_stockanswer SET at = at - %s",
            "UPDATE inventory_stockmovement SET at = at - %s",
            "UPDATE orders_timelineentry SET at = at - %s",
            "UPDATE invoicing_invoice SET issued_at = issued_at - %s",
            "UPDATE messaging_inboxentry SET handled_at = handled_at - %s",
        ):
            sql(statement, period)
        sql("DELETE FROM operations_invoiceseal")
        sql(
            "INSERT INTO operations_invoiceseal (number, digest)"
            " SELECT number, operations_invoice_digest(invoice) FROM invoicing_invoice AS invoice"
        )

    return age_by
