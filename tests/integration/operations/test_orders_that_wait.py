"""Orders that wait for stock, through all apps: from the order to its invoice, or to its rejection."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from api.clients import create_client
from inventory import backorders
from inventory.backorders import expire_backorders
from inventory.models import ReservationDecision
from inventory.services import set_on_hand
from invoicing.models import Invoice
from messaging.models import DeadLetter
from messaging.tracing import caused_by
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.models import Order
from orders.transitions import Status
from tests.stock import book_movement

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


def traced(broker) -> dict[str, set[str]]:
    """The request ids that events in Kafka have, by type."""
    ids = defaultdict(set)
    for log in broker.logs.values():
        for record in log:
            headers = {name: value.decode() for name, value in record.headers}
            ids[headers["ce_type"]].add(headers.get("ce_correlationid", ""))
    return ids


@pytest.fixture
def nobody_looks(monkeypatch) -> None:
    """Turns are announced, and not found by who looks for those that went by unannounced."""
    monkeypatch.setattr(backorders, "_serve_missed", lambda: None)


AFTER_A_WAIT = ("stock.replenished.v1", "stock.reserved.v1", "order.confirmed.v1", "invoice.issued.v1")


def test_what_comes_of_a_delivery_has_the_ids_of_its_request(place, run_system, broker, nobody_looks):
    """Each order those of the delivery that it waited for, also where one batch serves several."""
    token = create_client(name="warehouse", permissions=["inventory.add_stockmovement"])
    warehouse = Client(headers={"authorization": f"Bearer {token}"})
    place(MUG=1, allow_backorder=True)
    place(CUP=1, allow_backorder=True)
    place(MUG=1, allow_backorder=True)
    run_system()

    for sku in ("MUG", "CUP"):
        booked = warehouse.post(
            f"/stock/{sku}/movements",
            {"kind": "receipt", "quantity": 2},
            content_type="application/json",
            headers={"X-Request-ID": f"delivery-of-{sku}"},
        )
        assert booked.status_code == 201, booked.content
    run_system()

    assert Invoice.objects.count() == 3
    for event_type in AFTER_A_WAIT:
        assert traced(broker)[event_type] == {"delivery-of-MUG", "delivery-of-CUP"}, event_type


def test_what_comes_of_a_cancellation_has_the_ids_of_its_request(place, run_system, broker, nobody_looks):
    set_on_hand(levels={"MUG": 1})
    first = place(MUG=1)
    run_system()  # partitions are read in any order, and the other one would get it
    place(MUG=1, allow_backorder=True)
    run_system()
    broker.logs.clear()
    broker.offsets.clear()

    with caused_by(("cancellation", ""), first.pk):
        cancel_orders(order_ids=[first.pk], reason="too slow", cause=by_user("amy"))
    run_system()

    assert Invoice.objects.count() == 2
    for event_type in AFTER_A_WAIT:
        assert traced(broker)[event_type] == {"cancellation"}, event_type


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
