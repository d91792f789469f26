"""Fixtures of the whole system with an in-memory broker, and of a fault in it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection

from messaging.consuming.batches import Consumer
from messaging.consuming.runtime import ConsumerRunner
from messaging.models import OutboxMessage
from messaging.outbox.delivery import publish_pending
from messaging.transport.memory import MemoryBroker, MemorySubscription
from operations.pipeline import CONSUMERS
from orders.catalogue import PricedProduct
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import Order
from tests.factories import ProductFactory, UserFactory

_FAULT = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'mugs break' USING ERRCODE = 'check_violation'; END $$;
    CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON inventory_reservation DEFERRABLE INITIALLY {}
        FOR EACH ROW WHEN (NEW.sku = 'MUG') EXECUTE FUNCTION fail()
"""
_MENDED = "DROP TRIGGER fault ON inventory_reservation; DROP FUNCTION fail"

Place = Callable[..., Order]
Fault = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def place(transactional_db) -> Place:
    """A function that places an order of units by sku."""
    buyer = UserFactory(username="buyer")
    catalogue: dict[str, PricedProduct] = {}

    def order(*, allow_backorder: bool = False, **quantities: int) -> Order:
        for sku in quantities.keys() - catalogue.keys():
            product = ProductFactory(sku=sku)
            catalogue[sku] = PricedProduct(sku, product.name, product.unit_price, "GBP", product.tax_rate)
        lines = [LineRequest(sku, quantity) for sku, quantity in quantities.items()]
        request = OrderRequest(client_id=buyer.pk, customer_id="C-1", lines=lines, allow_backorder=allow_backorder)
        draft = price(request, catalogue)
        place_orders([draft])
        return Order.objects.get(pk=draft.id)

    return order


@pytest.fixture
def run_system(broker) -> Callable[[], None]:
    """A function that publishes and consumes until no event is in flight."""

    def run() -> None:
        while True:
            publish_pending(broker.producer())
            for consumer in CONSUMERS.values():
                _consume(broker, consumer)
            if not OutboxMessage.objects.exists():
                return

    return run


@pytest.fixture
def consume(broker) -> Callable[..., None]:
    """A function that publishes pending events and has consumers, by name, handle their records."""

    def run(*names: str) -> None:
        publish_pending(broker.producer())
        for name in names:
            _consume(broker, CONSUMERS[name])

    return run


def _consume(broker: MemoryBroker, consumer: Consumer) -> None:
    stopping = threading.Event()

    class UntilEmpty(MemorySubscription):
        def poll(self, *, timeout, max_records):
            records = super().poll(timeout=timeout, max_records=max_records)
            if not records:
                stopping.set()
            return records

    def subscribe(group, topics) -> MemorySubscription:
        return UntilEmpty(broker, group, topics)

    ConsumerRunner(consumer, subscribe, stopping, jitter=lambda: 0.0).run()


@pytest.fixture
def mugs_break(transactional_db) -> Fault:
    """A fault of the inventory's database: no mug is reserved, each try fails on its statement or on its commit."""

    @contextmanager
    def fault(*, on_commit: bool = False) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(_FAULT.format("DEFERRED" if on_commit else "IMMEDIATE"))
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(_MENDED)

    return fault
