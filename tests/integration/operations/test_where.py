"""Where an order is, and why: in words, for whoever sits at a terminal."""

import re
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.services import set_on_hand
from messaging.dead_letters.replay import DeadLetterService
from messaging.models import DeadLetter, OutboxMessage
from operations.journey.events import events_of
from operations.pipeline import CONSUMERS
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, Shipment, TimelineEntry
from tests.integration.audit.letters import dead_letter


@pytest.fixture
def where():
    """What the command says, with times as T and delays as D."""

    def run(order):
        stdout = StringIO()
        call_command("where", str(order), stdout=stdout)
        said = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "T", stdout.getvalue())
        return re.sub(r"\+\d+\.\d{3} s", "D", said)

    return run


def test_an_invoiced_order_tells_each_event_with_who_handled_it(place, run_system, where):
    order = place(MUG=2)
    set_on_hand(levels={"MUG": 5})
    Order.objects.filter(pk=order.pk).update(correlation_id="r-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    run_system()
    order.refresh_from_db()

    said = where(order.pk)

    assert f"Order {order.pk}\nconfirmed: to be sent\n" in said
    assert f"request id r-1\ntrace id {'a' * 32}\n" in said
    for line in (
        "T  order.placed.v1: handled by inventory D",
        "T  stock.reserved.v1: handled by orders D",
        "T  order.confirmed.v1: handled by invoicing D",
        f"T  invoice.issued.v1 {order.invoice_number}: handled by orders D",
        "order.placed.v1 by buyer",
        f"{order.invoice_number} of T: 6.00 GBP",
    ):
        assert line in said, said
    assert where(order.invoice_number) == said


def test_an_event_that_waits_in_the_outbox_says_so(place, where):
    order = place(MUG=1)

    said = where(order.pk)
    assert "placed: order.placed.v1 waits in the outbox since T: is Kafka well? manage.py doctor" in said

    OutboxMessage.objects.update(parked_at="2020-01-01T00:00:00Z", parked_reason="too large")
    assert "order.placed.v1 is parked in the outbox, Kafka refused it: too large" in where(order.pk)

    OutboxMessage.objects.all().delete()
    said = where(order.pk)
    assert "order.placed.v1 is published, and inventory has not handled it: is it running?" in said
    assert "Kafka has lost the event: manage.py republish_events" in said


def test_a_dead_letter_is_what_its_order_waits_for(place, run_system, mugs_break, where):
    order = place(MUG=1)
    set_on_hand(levels={"MUG": 5})
    with mugs_break():
        run_system()
    letter = DeadLetter.objects.get()

    said = where(order.pk)

    assert f"placed: inventory has it as dead letter {letter.pk} (failed): manage.py dead_letters show" in said
    assert f"{letter.pk} order.placed.v1 for inventory: failed: " in said


def test_of_several_shipments_each_has_its_own_dead_letter(place, run_system, where):
    """What was discarded of one is not asked for again, whatever became of those after it."""
    order = place(MUG=4)
    set_on_hand(levels={"MUG": 5})
    run_system()
    send_one(order)
    run_system()
    send_one(order)
    _, second = Shipment.objects.order_by("pk")
    with refused_by_stock(second):
        run_system()
        send_one(order)
        run_system()
    first_letter, second_letter = DeadLetter.objects.order_by("pk")
    third = Shipment.objects.latest("pk")

    said = where(order.pk)
    assert f"\npartly_fulfilled: inventory has it as dead letter {first_letter.pk} (failed)" in said
    for shipment, letter in {second: first_letter, third: second_letter}.items():
        assert f"order.partly_fulfilled.v1 {shipment.number}: inventory has it as dead letter {letter.pk} (" in said

    DeadLetterService(CONSUMERS, by="ann").discard([first_letter.pk], reason="sent by hand")
    said = where(order.pk)
    assert "\npartly_fulfilled: the rest is to be sent\n" in said
    assert f"{second.number}: inventory has it as dead letter {first_letter.pk} (discarded)" in said
    assert f"{third.number}: handled by inventory D" in said


def send_one(order):
    fulfil_order(order_id=order.pk, lines=[WantedLine(1, 1)], cause=by_user("ann"))


@contextmanager
def refused_by_stock(shipment):
    """A fault of the inventory's database: this shipment is not issued."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULT.format(shipment.number))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE inventory_stockmovement DROP CONSTRAINT fault")


_FAULT = "ALTER TABLE inventory_stockmovement ADD CONSTRAINT fault CHECK (reference <> '{}') NOT VALID"


def test_a_dead_letter_that_waits_for_a_person_is_shown_before_one_that_was_discarded(place, run_system, where):
    """An event that was published again has two of them."""
    order = place(MUG=1)
    letters = [
        dead_letter(order, consumer="inventory", event_type="order.placed.v1", state=state)
        for state in ("replayed", "discarded", "failed", "waiting")
    ]

    assert f"placed: inventory has it as dead letter {letters[2].pk} (failed)" in where(order.pk)


def test_who_cancelled_an_order_and_why_is_told(place, run_system, where):
    order = place(MUG=1)
    run_system()
    assert "rejected" in where(order.pk)

    waiting = place(MUG=1, allow_backorder=True)
    run_system()
    assert "backordered: waits for stock: 1 of MUG (there were 0); number 1 of those who wait" in where(waiting.pk)


def test_an_order_that_was_cancelled_while_its_rejection_was_under_way_waits_for_nobody(
    place, run_system, consume, where
):
    """Nothing was held for it, so inventory has nothing to let go."""
    order = place(MUG=1)
    consume("inventory")
    cancel_orders(order_ids=[order.pk], reason="too slow", cause=by_user("amy"))
    run_system()

    said = where(order.pk)

    assert "\ncancelled: cancelled: too slow\n" in said
    assert "has not handled it" not in said
    assert "T  order.cancelled.v1: handled by invoicing D" in said


def test_when_an_order_left_the_queue_is_told(place, run_system):
    """Not when it was decided that it waits: that was before it was cancelled."""
    order = place(MUG=1, allow_backorder=True)
    run_system()
    cancel_orders(order_ids=[order.pk], reason="too slow", cause=by_user("amy"))
    run_system()
    order.refresh_from_db()

    (cancelled,) = [event for event in events_of(order) if event.type == "order.cancelled.v1"]

    assert cancelled.handled["inventory"] > order.cancelled_at


def test_an_order_whose_timeline_was_pruned_waits_for_nobody(place, run_system, where):
    order = place(MUG=1)
    set_on_hand(levels={"MUG": 5})
    run_system()
    cancel_orders(order_ids=[order.pk], reason="too slow", cause=by_user("amy"))
    run_system()
    TimelineEntry.objects.all().delete()

    said = where(order.pk)

    assert "has not handled it" not in said
    assert "invoice.issued.v1" in said
    assert "credit_note.issued.v1" in said


def test_of_several_orders_with_one_reference_each_is_named(place, where):
    orders = [place(MUG=1), place(MUG=2)]
    Order.objects.update(reference="PO-1")

    said = where("PO-1")

    assert said.startswith("2 orders are known by this: name one by its id\n")
    assert all(str(order.pk) in said for order in orders)


# nav-gov-hu/Online-Invoice#337: who types other letters than were issued finds nothing.
def test_an_order_is_found_by_the_number_of_its_invoice_in_small_letters_too(place, run_system, where):
    order = place(MUG=2)
    set_on_hand(levels={"MUG": 5})
    run_system()
    order.refresh_from_db()

    assert where(order.invoice_number.lower()).startswith(f"Order {order.pk}\n")


def test_an_order_is_found_by_what_stands_on_its_parcels(place, run_system, where):
    """saleor/saleor-dashboard#546: a parcel that came back said no more."""
    order = place(MUG=2)
    set_on_hand(levels={"MUG": 5})
    run_system()
    fulfil_order(order_id=order.pk, tracking="1Z-9", cause=by_user("ann"))
    shipment = order.shipments.get()

    for term in (shipment.number, shipment.number.lower(), "1Z-9", " 1z-9 "):
        assert where(term).startswith(f"Order {order.pk}\n"), term


def test_an_order_that_there_is_not_is_one_line(place):
    with pytest.raises(CommandError, match="No order has this id or reference"):
        call_command("where", "PO-2")


def test_no_table_is_read_as_a_whole(place, run_system, where):
    """Each statement asks by an index: at a million orders it takes as long."""
    order = place(MUG=1)
    run_system()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        where(order.pk)

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            for query in queries.captured_queries:
                if query["sql"].startswith("SELECT"):
                    cursor.execute(f"EXPLAIN {query['sql']}")
                    plan = "\n".join(row for (row,) in cursor.fetchall())
                    assert not re.search(r"Seq Scan on (orders|inventory|invoicing|messaging)_", plan), plan
        finally:
            cursor.execute("SET enable_seqscan = on")


def test_the_api_tells_the_same_events(place, run_system, client):
    order = place(MUG=1)
    client.force_login(order.client)
    url = f"/orders/{order.pk}/events"
    (placed,) = client.get(url, headers={"Accept": "application/json"}).json()
    assert placed["handled"] == [{"consumer": "inventory", "state": "outbox", "at": None, "seconds": None}]

    run_system()
    placed, rejected, told = client.get(url, headers={"Accept": "application/json"}).json()

    assert (placed["event"], rejected["event"], told["event"]) == (
        "order.placed.v1",
        "stock.rejected.v1",
        "order.rejected.v1",
    )
    assert placed["handled"][0]["state"] == rejected["handled"][0]["state"] == "handled"
    assert placed["handled"][0]["seconds"] >= 0
    assert told["handled"] == []
