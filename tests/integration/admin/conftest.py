"""Fixtures of a small shop with finished orders, and of users of its admin."""

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from api.clients import create_client
from api.models import IdempotencyRecord
from inventory.models import PendingReturn
from invoicing.crediting import credit_invoice
from messaging.events import new_id
from messaging.models import DeadLetter, OutboxMessage, Replay
from operations.models import ImportedReturn
from operations.pipeline import CONSUMERS
from orders.catalogue import PricedProduct
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import Order, Product
from tests.factories import ProductFactory, UserFactory
from tests.stock import book_movement


@pytest.fixture
def superuser(db) -> Client:
    return _logged_in(UserFactory(username="root", is_staff=True, is_superuser=True))


@pytest.fixture
def staff(db) -> Callable[..., Client]:
    """A function that logs in a user with these permissions only, such as "orders.view_order"."""

    def log_in(*permissions: str, name: str = "clerk") -> Client:
        user = UserFactory(username=name, is_staff=True)
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return _logged_in(user)

    return log_in


@pytest.fixture
def viewer(db) -> Client:
    """The client of a user who may see everything and change nothing."""
    user = UserFactory(username="viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return _logged_in(user)


def _logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def place(db) -> Callable[..., Order]:
    """A function that places an order of units by sku; it creates missing products."""
    buyer = UserFactory(username="buyer")

    def order(*, customer: str = "C-1", reference: str = "", allow_backorder: bool = False, **quantities: int) -> Order:
        catalogue = {sku: _priced(sku) for sku in quantities}
        lines = [LineRequest(sku, quantity) for sku, quantity in quantities.items()]
        request = OrderRequest(
            client_id=buyer.pk,
            customer_id=customer,
            reference=reference,
            allow_backorder=allow_backorder,
            lines=lines,
        )
        draft = price(request, catalogue)
        place_orders([draft])
        return Order.objects.get(pk=draft.id)

    return order


def _priced(sku: str) -> PricedProduct:
    """A product as pricing needs it, not from the cache, which outlives a test's transaction."""
    product = Product.objects.filter(sku=sku).first() or ProductFactory(sku=sku, name=f"Fine {sku.lower()}")
    return PricedProduct(sku, product.name, Decimal(product.unit_price), product.currency, Decimal(product.tax_rate))


@pytest.fixture
def consume(db) -> Callable[[], None]:
    """A function that has all consumers handle the events of the outbox until it is empty."""

    def run() -> None:
        while messages := list(OutboxMessage.objects.order_by("pk")):
            OutboxMessage.objects.all().delete()
            for message in messages:
                _handle(message)

    return run


@transaction.atomic
def _handle(message: OutboxMessage) -> None:
    for consumer in CONSUMERS.values():
        for event_type, handler in consumer.handlers.items():
            if message.type == event_type.TYPE:
                handler([msgspec.json.decode(message.body, type=event_type)])


@pytest.fixture
def confirmed(place, consume) -> Order:
    return _after(consume, place(reference="PO-1", MUG=2, TEA=1), MUG=10, TEA=10)


@pytest.fixture
def rejected(place, consume) -> Order:
    return _after(consume, place(reference="PO-2", PLATE=7), PLATE=5)


def _after(consume, order: Order, **received: int) -> Order:
    for sku, quantity in received.items():
        book_movement(sku=sku, kind="receipt", quantity=quantity, actor="root")
    consume()
    order.refresh_from_db()
    return order


@pytest.fixture
def waiting(place, consume) -> Order:
    return _after(consume, place(allow_backorder=True, PLATE=7, BOWL=1), PLATE=5, BOWL=1)


@pytest.fixture
def dead_letter(db) -> Callable[..., DeadLetter]:
    def make(*, key: str = "no order", body: bytes = b'{"lines": []}', **values) -> DeadLetter:
        letter = {
            "consumer": "inventory",
            "topic": "orders",
            "partition": 0,
            "offset": DeadLetter.objects.count(),
            "timestamp": 1_767_225_600_000,
            "event_type": "order.placed.v9",
            "headers": [["ce_type", "order.placed.v9"]],
            "error": "UndecodableEvent: unknown event type",
            "traceback": "Traceback (most recent call last)",
            "attempts": 4,
        }
        return DeadLetter.objects.create(key=key, body=body, **(letter | values))

    return make


@pytest.fixture
def outbox_message(db) -> Callable[..., OutboxMessage]:
    def make(*, key: str, **values) -> OutboxMessage:
        return OutboxMessage.objects.create(
            **({"event_id": new_id(), "type": "order.placed.v1", "topic": "orders", "body": "{}"} | values), key=key
        )

    return make


@pytest.fixture
def one_of_each(confirmed, rejected, consume, dead_letter, outbox_message, django_user_model) -> None:
    """At least one row of every model that the admin shows."""
    credit_invoice(number=confirmed.invoice_number, lines=None, reason="Returned", restock=False, actor="root")
    consume()
    PendingReturn.objects.create(reference="CN-2026-000009", order_id=confirmed.pk, quantities={"MUG": 2})
    ImportedReturn.objects.create(reference="C536379", credit_notes=["CN-2026-000001"])
    Replay.objects.create(consumer="orders", chosen="all", by="ann", total=1).items.create(
        dead_letter=dead_letter().pk, turn=1
    )
    outbox_message(key=str(confirmed.pk))
    create_client(name="shop")
    django_user_model.objects.get(username="shop").groups.create(name="shops")
    IdempotencyRecord.objects.create(
        client_id=confirmed.client_id, key="k", fingerprint=b"f", status=201, location="/", body='{"id": 1}'
    )
