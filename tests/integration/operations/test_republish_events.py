"""Events made anew from what is stored; with a real Kafka: tests/e2e/test_deleted_events.py."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from inventory.services import set_on_hand
from messaging.consuming.batches import BatchHandler
from messaging.events import Trace
from messaging.models import OutboxMessage
from messaging.outbox.delivery import publish_pending
from operations.pipeline import CONSUMERS
from orders.catalogue import products_for
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import Order
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    ProductFactory(sku="MUG", unit_price=Decimal("2.555"), tax_rate="0.05")
    ProductFactory(sku="YEN", unit_price=Decimal("300"), currency="JPY")
    set_on_hand(levels={"MUG": 10, "YEN": 10})
    client_id = UserFactory().pk

    def place(**quantities):
        lines = [LineRequest(sku, quantity) for sku, quantity in quantities.items()]
        request = OrderRequest(
            client_id=client_id,
            customer_id="C-1",
            reference="R-1",
            lines=lines,
            currency="JPY" if "YEN" in quantities else None,
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


def test_an_order_that_is_young_is_not_overdue(place, capsys):
    place(MUG=1)
    OutboxMessage.objects.all().delete()

    call_command("republish_events", "--overdue", "60")
    assert capsys.readouterr().out == "published again: 0 events of 0 orders\n"
    call_command("republish_events", "--overdue", "0")
    assert capsys.readouterr().out == "published again: 1 events of 1 orders\n"


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
