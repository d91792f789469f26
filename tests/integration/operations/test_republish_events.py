"""Events made anew from what is stored; with a real Kafka: tests/e2e/test_deleted_events.py."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from inventory.backorders import serve_backorders
from inventory.events import StockReplenished
from inventory.models import StockItem
from inventory.services import set_on_hand
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.models import Invoice
from messaging.consuming.batches import BatchHandler
from messaging.events import Trace
from messaging.models import OutboxMessage
from messaging.outbox.delivery import publish_pending
from operations.pipeline import CONSUMERS
from operations.republishing import overdue, republish
from orders.catalogue import products_for
from orders.causes import by_user
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from orders.selectors import sent_units
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    ProductFactory(sku="MUG", unit_price=Decimal("2.555"), tax_rate="0.05")
    ProductFactory(sku="YEN", unit_price=Decimal("300"), currency="JPY")
    set_on_hand(levels={"MUG": 10, "YEN": 10})
    client_id = UserFactory().pk

    def place(*, waits=False, **quantities):
        lines = [LineRequest(sku, quantity) for sku, quantity in quantities.items()]
        request = OrderRequest(
            client_id=client_id,
            customer_id="C-1",
            reference="R-1",
            lines=lines,
            currency="JPY" if "YEN" in quantities else None,
            allow_backorder=waits,
            trace=Trace(),
        )
        draft = price(request, products_for(quantities.keys()))
        place_orders([draft])
        return draft.id

    return place


@pytest.fixture
def carry(broker):
    """Carries everything as far as it goes; the events that came by, as they were recorded."""
    subscriptions = {name: broker.subscribe(name, consumer.topics) for name, consumer in CONSUMERS.items()}

    def carry():
        seen = []
        for _ in range(5):
            seen += facts()
            publish_pending(broker.producer())
            for name, subscription in subscriptions.items():
                BatchHandler(CONSUMERS[name]).handle(subscription.poll(timeout=0, max_records=1000))
        return seen

    return carry


def facts():
    rows = OutboxMessage.objects.order_by("pk").values_list("topic", "key", "type", "body")
    return [(topic, key, type_, json.loads(body)) for topic, key, type_, body in rows]


def in_order(found):
    return sorted(found, key=lambda fact: fact[:3])


@pytest.mark.parametrize(
    "asked", [{"MUG": 3}, {"YEN": 2}, {"MUG": 11}], ids=["invoiced", "without-decimals", "rejected"]
)
def test_events_are_published_again_as_they_were(place, carry, asked):
    order_id = place(**asked)
    first = [fact for fact in carry() if fact[2] != "stock.low.v1"]
    assert len(first) >= 3

    call_command("republish_events", str(order_id))

    assert in_order(facts()) == in_order(first)
    assert [key for _, key, *_ in facts()] == [str(order_id)] * len(first)


def test_to_publish_again_changes_nothing_where_nothing_was_lost(place, carry):
    order_ids = [place(MUG=2), place(MUG=11)]
    carry()
    before = list(Order.objects.order_by("pk").values())
    for _ in range(2):
        call_command("republish_events", *map(str, order_ids))
        again = carry()
        assert {type_ for _, _, type_, _ in again} <= {
            "order.placed.v1", "order.confirmed.v1", "order.rejected.v1", "stock.reserved.v1", "stock.rejected.v1",
            "invoice.issued.v1",
        }  # fmt: skip
        assert len(again) == 7
    assert list(Order.objects.order_by("pk").values()) == before


def test_an_event_has_the_same_id_however_often_it_is_published_again(place, carry):
    order_id = place(MUG=2)
    carry()
    found = []
    for _ in range(2):
        call_command("republish_events", str(order_id))
        found.append(sorted(OutboxMessage.objects.values_list("event_id", flat=True)))
        carry()
    assert found[0] == found[1]
    assert len(set(found[0])) == 4


def test_orders_that_wait_for_nothing_or_whose_events_are_under_way_are_not_overdue(place, carry, capsys):
    place(MUG=2)
    place(MUG=11)
    carry()
    place(MUG=1)  # in the outbox

    call_command("republish_events", "--overdue", "0")

    assert capsys.readouterr().out == "published again: 0 events of 0 orders\n"


def cancel(order_id):
    cancel_orders(order_ids=[order_id], reason="Too late", cause=by_user("shop"))


def send_one(order_id):
    fulfil_order(order_id=order_id, lines=[WantedLine(1, 1)], cause=by_user("shop"))


def take_back(order_id):
    number = Invoice.objects.get(order_id=order_id).number
    credit_invoice(
        number=number,
        lines=[AskedLine(line_no=1, quantity=1)],
        reason="Returned",
        restock=True,
        sent_units=sent_units,
        actor="shop",
    )


def serve(order_id):
    set_on_hand(levels={"MUG": 20})
    serve_backorders([StockReplenished(order_id=order_id, skus=["MUG"])])


# What came after the first answer was not looked for: a shipment stayed in stock, a cancelled order in the queue.
@pytest.mark.parametrize(
    ("waits", "steps"),
    [(False, [cancel]), (False, [send_one]), (False, [send_one, take_back]), (True, [cancel]), (True, [serve])],
    ids=["cancelled", "sent", "taken-back", "cancelled-while-it-waits", "served"],
)
def test_what_becomes_of_an_order_later_is_overdue_as_well(place, carry, waits, steps):
    order_id = place(MUG=11 if waits else 3, waits=waits)
    carry()
    for step in steps[:-1]:
        step(order_id)
        carry()
    steps[-1](order_id)
    OutboxMessage.objects.all().delete()

    assert overdue(timedelta(0)) == [order_id]
    republish([order_id])
    carry()

    assert overdue(timedelta(0)) == []
    order, item = Order.objects.get(), StockItem.objects.get(sku="MUG")
    levels = (order.status, len(order.credit_notes), item.on_hand, item.reserved, item.backordered)
    assert (
        levels
        == {
            (False, cancel): ("cancelled", 1, 10, 0, 0),
            (False, send_one): ("partly_fulfilled", 0, 9, 2, 0),
            (False, take_back): ("partly_fulfilled", 1, 10, 2, 0),
            (True, cancel): ("cancelled", 0, 10, 0, 0),
            (True, serve): ("confirmed", 0, 20, 11, 0),
        }[waits, steps[-1]]
    )


def test_an_order_that_is_young_is_not_overdue(place, capsys):
    place(MUG=1)
    OutboxMessage.objects.all().delete()

    call_command("republish_events", "--overdue", "60")
    assert capsys.readouterr().out == "published again: 0 events of 0 orders\n"
    call_command("republish_events", "--overdue", "0")
    assert capsys.readouterr().out == "published again: 1 event of 1 order\n"


def test_of_orders_of_which_one_is_unknown_nothing_is_published(place, carry):
    known, unknown = place(MUG=1), uuid4()
    carry()
    with pytest.raises(CommandError, match=f"there is no order {unknown}"):
        call_command("republish_events", str(known), str(unknown))
    assert facts() == []


@pytest.mark.parametrize("arguments", [[], [str(uuid4()), "--overdue", "0"], ["PO-1"], ["--overdue", "-1"]])
def test_arguments_without_sense_are_an_error(arguments):
    with pytest.raises(CommandError):
        call_command("republish_events", *arguments)
