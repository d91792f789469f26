"""Orders that wait for stock, through all apps: from the order to its invoice, or to its rejection."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from inventory.backorders import expire_backorders
from inventory.models import ReservationDecision
from inventory.services import book_movement
from invoicing.models import Invoice
from messaging.models import DeadLetter
from orders.models import Order
from orders.transitions import Status

pytestmark = pytest.mark.django_db(transaction=True)


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def told_of(order: Order) -> list[str]:
    return list(order.timeline.values_list("event", flat=True))


def test_an_order_waits_and_is_confirmed_and_invoiced_when_stock_comes(place, run_system):
    order = place(MUG=3, allow_backorder=True)
    run_system()

    assert status_of(order) == Status.BACKORDERED
    assert order.shortages == [{"sku": "MUG", "asked": 3, "available": 0}]
    assert told_of(order) == ["order.backordered.v1"]

    book_movement(sku="MUG", kind="receipt", quantity=3)
    run_system()

    assert status_of(order) == Status.CONFIRMED
    assert told_of(order) == ["order.backordered.v1", "order.confirmed.v1", "invoice.issued.v1"]
    assert Invoice.objects.filter(order_id=order.pk).count() == 1
    assert not DeadLetter.objects.exists()


def test_an_order_may_be_served_before_its_app_is_told_that_it_waits(place, run_system, consume):
    order = place(MUG=3, allow_backorder=True)
    consume("inventory")
    book_movement(sku="MUG", kind="receipt", quantity=3)
    consume("inventory")

    run_system()

    assert status_of(order) == Status.CONFIRMED
    assert told_of(order) == ["order.backordered.v1", "order.confirmed.v1", "invoice.issued.v1"]
    assert not DeadLetter.objects.exists()


def test_an_order_that_waited_for_too_long_is_rejected(place, run_system):
    order = place(MUG=3, allow_backorder=True)
    run_system()
    ReservationDecision.objects.update(at=Now() - timedelta(days=2))

    expire_backorders(after=timedelta(days=1))
    run_system()

    assert status_of(order) == Status.REJECTED
    assert order.rejection == {
        "reason": "backorder_expired",
        "shortages": [{"sku": "MUG", "asked": 3, "available": 0}],
    }
    assert not DeadLetter.objects.exists()
