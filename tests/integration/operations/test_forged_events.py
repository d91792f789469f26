"""Events that somebody else made up: each becomes a dead letter that says why, and no order is the worse for it.

The kind is that of stolostron/multicluster-global-hub#2771 (CVE-2026-71576: who may write one topic speaks for others);
here a forged `order.confirmed` got an invoice of 99,999.00.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from inventory.events import StockReplenished
from inventory.models import ReservationDecision, StockItem, StockMovement
from invoicing.crediting import credit_invoice
from invoicing.models import Invoice
from messaging.dead_letters.replay import DeadLetterService, ReplayResult
from messaging.events import Trace, headers_of, new_id, text_of_time
from messaging.models import DeadLetter, OutboxMessage
from messaging.transport.base import Message
from operations.pipeline import CONSUMERS, RECORDS_OF
from orders.causes import by_user
from orders.events import OrderCancelled, OrderFulfilled, OrderPartlyFulfilled
from orders.lifecycle.fulfilling import fulfil_orders
from orders.models import Order, Shipment, TimelineEntry
from orders.transitions import Status
from tests.replays import replay
from tests.stock import book_movement

Body = dict[str, Any]
TOPIC = {"order": "orders", "stock": "inventory", "invoice": "invoicing", "credit_note": "invoicing"}

# What invoicing reads of an order.confirmed of one line, and how each could be lied about.
LIES = {
    "reference": "PO-2",
    "customer_id": "C-2",
    "client_id": 10**6,
    "currency": "EUR",
    "net": "99999.00",
    "tax": "0.00",
    "total": "99999.00",
    "lines/0/line_no": 2,
    "lines/0/sku": "TEA",
    "lines/0/name": "Consulting",
    "lines/0/quantity": 3,
    "lines/0/unit_price": "49999.50",
    "lines/0/tax_rate": "0.1",
    "lines/0/net": "99999.00",
    "taxes/0/rate": "0.1",
    "taxes/0/net": "99999.00",
    "taxes/0/tax": "0.00",
    "taxes/0/category": "Z",
    "lines/0/tax_category": "Z",
    "lines/0/unit_code": "KGM",
    "bill_to": {"name": "Somebody else", "lines": ["High Street 1"], "city": "Leeds", "country": "GB"},
    "ship_to": {"name": "Somebody else", "lines": ["High Street 1"], "city": "Leeds", "country": "GB"},
}


@pytest.fixture(autouse=True)
def _stock(transactional_db) -> None:
    for sku in ("MUG", "TEA"):
        book_movement(sku=sku, kind="receipt", quantity=10, actor="ann")


@pytest.fixture
def forge(broker) -> Callable[..., None]:
    """A function that sends an event like anybody who can write to the topic."""

    def send(event_type: str, body: Body, *, event_id: UUID | None = None) -> None:
        topic, key = TOPIC[event_type.split(".")[0]], str(body["order_id"])
        headers = headers_of(
            event_id=str(event_id or new_id()),
            event_type=event_type,
            topic=topic,
            subject=key,
            time=text_of_time(timezone.now()),
            trace=Trace("r-1"),
        )
        broker.append(Message(topic, key.encode(), json.dumps(body, default=str).encode(), headers))

    return send


@pytest.fixture
def confirmed(place, consume) -> Order:
    """An order of two mugs, confirmed; its event is not published yet."""
    order = place(MUG=2)
    consume("inventory")
    consume("orders")
    return order


def waiting(event_type: str) -> Body:
    """The body of the true event, which waits in the outbox."""
    return dict(json.loads(OutboxMessage.objects.get(type=event_type).body))


def lie(body: Body, path: str, value: object) -> Body:
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    told = deepcopy(body)
    place: Any = told
    for step in parents:
        place = place[step]
    assert place[last] != value
    place[last] = value
    return told


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, f"{path}/{key}")
    else:
        yield path[1:]


def failed() -> DeadLetter:
    return DeadLetter.objects.get(state="failed")


def discard(*letters: DeadLetter) -> ReplayResult:
    service = DeadLetterService(CONSUMERS, by="ann")
    return service.discard([letter.pk for letter in letters], reason="forged")


def test_every_event_that_a_consumer_handles_is_compared_with_its_publishers_records():
    handled = {event.TYPE for consumer in CONSUMERS.values() for event in consumer.handlers}

    assert handled - {StockReplenished.TYPE} == set(RECORDS_OF)  # that one says nothing that anybody relies on
    assert all(consumer.records_of is RECORDS_OF for consumer in CONSUMERS.values())


class TestAForgedConfirmation:
    def test_can_lie_about_nothing_that_is_not_tried_below(self, confirmed):
        ours = {"order_id", "placed_at", "allow_backorder"}  # invoicing does not read the other two

        assert set(leaves(waiting("order.confirmed.v1"))) - ours == set(LIES)

    @pytest.mark.parametrize("path", LIES)
    def test_gets_no_invoice_and_the_order_gets_its_own_once_it_is_discarded(self, confirmed, consume, forge, path):
        true = waiting("order.confirmed.v1")
        forge("order.confirmed.v1", lie(true, path, LIES[path]))

        consume("invoicing")

        assert not Invoice.objects.exists()
        field = path.split("/")[0]
        assert failed().error == f"UnrecordedEvent: order.confirmed.v1: its publisher has recorded another {field}"
        assert DeadLetter.objects.filter(state="waiting").count() == 1  # the true one: decision 5
        assert discard(failed()) == ReplayResult(discarded=1, replayed=1)
        assert Invoice.objects.get().total == Decimal(true["total"])

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda body: body["lines"].append(body["lines"][0] | {"line_no": 2}), id="a line more"),
            pytest.param(lambda body: body["lines"].clear(), id="no line"),
            pytest.param(lambda body: body["taxes"].clear(), id="no tax"),
        ],
    )
    def test_has_the_lines_of_the_order(self, confirmed, consume, forge, change):
        body = waiting("order.confirmed.v1")
        change(body)
        forge("order.confirmed.v1", body)

        consume("invoicing")

        assert not Invoice.objects.exists()
        assert failed().error.startswith("UnrecordedEvent")

    def test_gets_no_invoice_however_consistent_it_is(self, confirmed, consume, forge):
        body = waiting("order.confirmed.v1")
        body["lines"][0] |= {"unit_price": "41666.25", "net": "83332.50"}
        body["taxes"] = [{"rate": "0.2", "net": "83332.50", "tax": "16666.50"}]
        forge("order.confirmed.v1", body | {"net": "83332.50", "tax": "16666.50", "total": "99999.00"})

        consume("invoicing")

        assert not Invoice.objects.exists()
        assert failed().error.endswith("has recorded another lines, taxes, net, tax, total")

    def test_of_an_order_that_there_is_not_gets_no_invoice(self, confirmed, consume, forge):
        forge("order.confirmed.v1", waiting("order.confirmed.v1") | {"order_id": new_id()})

        consume("invoicing")

        assert [invoice.order_id for invoice in Invoice.objects.all()] == [confirmed.pk]
        assert (
            failed().error == "UnrecordedEvent: order.confirmed.v1: its publisher knows of no such event of this order"
        )

    @pytest.mark.parametrize("quantity", [2, 99], ids=["not answered", "rejected"])
    def test_of_an_order_that_is_not_confirmed_gets_no_invoice(self, place, consume, forge, quantity):
        place(MUG=quantity)
        body = waiting("order.placed.v1")
        if quantity > 10:
            consume("inventory")
            consume("orders")
        forge("order.confirmed.v1", body)

        consume("invoicing")

        assert not Invoice.objects.exists()
        assert failed().error.endswith("knows of no such event of this order")

    def test_does_not_take_the_true_event_with_it_whose_id_it_bears(self, confirmed, consume, forge):
        true = OutboxMessage.objects.get(type="order.confirmed.v1")
        forge("order.confirmed.v1", json.loads(true.body) | {"total": "1.00"}, event_id=true.event_id)

        consume("invoicing")
        discard(failed())

        assert Invoice.objects.get().order_id == confirmed.pk

    def test_that_was_discarded_holds_up_nobody_when_it_is_delivered_again(self, confirmed, broker, consume, forge):
        true = waiting("order.confirmed.v1")
        forge("order.confirmed.v1", true | {"total": "1.00"})
        consume("invoicing")
        discard(failed())

        broker.offsets.clear()
        forge("order.confirmed.v1", true)  # comes after it, under its key
        consume("invoicing")

        assert not DeadLetter.objects.filter(state__in=DeadLetter.OPEN).exists()
        assert Invoice.objects.count() == 1

    def test_stays_a_dead_letter_when_it_is_replayed(self, confirmed, consume, forge):
        forge("order.confirmed.v1", waiting("order.confirmed.v1") | {"total": "1.00"})
        consume("invoicing")

        assert replay([failed().pk], CONSUMERS) == (0, 1)

        assert not Invoice.objects.exists()

    def test_that_says_the_truth_in_odd_figures_gets_the_invoice_that_the_true_one_gets(
        self, confirmed, consume, forge
    ):
        body = waiting("order.confirmed.v1")
        body["lines"][0]["unit_price"] = "0.0250000000000E+2"
        forge("order.confirmed.v1", body)
        OutboxMessage.objects.all().delete()  # the true one is late

        consume("invoicing")

        assert Invoice.objects.get().lines[0]["unit_price"] == "2.50"
        assert not DeadLetter.objects.exists()

    def test_does_not_stop_the_consumer_however_many_there_are(self, confirmed, consume, forge, settings):
        settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 3
        for _ in range(10):
            forge("order.confirmed.v1", waiting("order.confirmed.v1") | {"order_id": new_id()})

        consume("invoicing")

        assert DeadLetter.objects.count() == 10
        assert Invoice.objects.get().order_id == confirmed.pk

    def test_that_comes_after_the_invoice_changes_nothing(self, confirmed, consume, forge):
        body = waiting("order.confirmed.v1")
        consume("invoicing")
        forge("order.confirmed.v1", body | {"total": "99999.00"})

        consume("invoicing")

        assert Invoice.objects.get().total == Decimal(body["total"])
        assert failed().error.endswith("has recorded another total")


class TestAForgedOrder:
    """To the inventory, by `order.placed`."""

    def test_that_there_is_not_holds_no_stock(self, consume, forge):
        forge("order.placed.v1", {"order_id": new_id(), "lines": [{"sku": "MUG", "quantity": 10}]})

        consume("inventory")

        assert not ReservationDecision.objects.exists()
        assert failed().error.endswith("knows of no such event of this order")

    @pytest.mark.parametrize(("path", "value"), [("lines/0/quantity", 10), ("lines/0/sku", "TEA")])
    def test_of_other_lines_than_the_orders_holds_no_stock(self, place, consume, forge, path, value):
        order = place(MUG=2)
        forge("order.placed.v1", lie(waiting("order.placed.v1"), path, value))

        consume("inventory")
        assert not ReservationDecision.objects.exists()
        discard(failed())

        assert ReservationDecision.objects.get().pk == order.pk
        assert dict(StockItem.objects.values_list("sku", "reserved")) == {"MUG": 2, "TEA": 0}


class TestAForgedAnswer:
    """To orders, by `stock.reserved` or `stock.rejected`."""

    REJECTED = {"reason": "insufficient_stock", "shortages": [{"sku": "MUG", "asked": 2, "available": 0}]}

    @pytest.mark.parametrize(
        ("event_type", "facts"), [("stock.reserved.v1", {"lines": []}), ("stock.rejected.v1", REJECTED)]
    )
    def test_of_an_order_that_waits_for_its_answer_leaves_it_so(self, place, consume, forge, event_type, facts):
        order = place(MUG=2)
        forge(event_type, {"order_id": order.pk, **facts})

        consume("orders")

        assert self.status(order) == Status.PLACED
        assert failed().error == f"UnrecordedEvent: {event_type}: its publisher knows of no such event of this order"
        consume("inventory")
        consume("orders")
        discard(failed())
        assert self.status(order) == Status.CONFIRMED

    @pytest.mark.parametrize(
        ("quantity", "event_type", "facts", "becomes"),
        [
            (2, "stock.rejected.v1", REJECTED, Status.CONFIRMED),
            (11, "stock.reserved.v1", {"lines": [{"sku": "MUG", "quantity": 11}]}, Status.REJECTED),
            (11, "stock.rejected.v1", REJECTED, Status.REJECTED),
            (11, "stock.rejected.v1", {"reason": "fraud", "shortages": []}, Status.REJECTED),
        ],
        ids=["rejected for reserved", "reserved for rejected", "other shortages", "another reason"],
    )
    def test_other_than_the_inventorys_is_not_believed(
        self, place, consume, forge, quantity, event_type, facts, becomes
    ):
        order = place(MUG=quantity)
        consume("inventory")
        forge(event_type, {"order_id": order.pk, **facts})

        consume("orders")
        assert self.status(order) == Status.PLACED
        discard(failed())

        assert self.status(order) == becomes
        order.refresh_from_db()
        assert order.rejection is None or order.rejection["shortages"][0]["asked"] == quantity

    def status(self, order: Order) -> Status:
        order.refresh_from_db()
        return Status(order.status)


class TestAForgedInvoice:
    """To orders, by `invoice.issued`."""

    @pytest.mark.parametrize("issued", [False, True], ids=["not issued", "issued under another number"])
    def test_stands_on_no_order(self, confirmed, consume, forge, issued):
        consume(*["invoicing"] * issued)
        forge("invoice.issued.v1", {"order_id": confirmed.pk, "number": "INV-2026-666666"})

        consume("orders")
        assert not TimelineEntry.objects.filter(event="invoice.issued.v1").exists()
        consume("invoicing")
        consume("orders")
        discard(failed())

        confirmed.refresh_from_db()
        assert confirmed.invoice_number == Invoice.objects.get().pk

    def test_of_an_order_that_there_is_not_is_a_dead_letter(self, consume, forge):
        forge("invoice.issued.v1", {"order_id": new_id(), "number": "INV-2026-666666"})

        consume("orders")

        assert failed().error.endswith("knows of no such event of this order")


class TestAForgedCreditNote:
    """To orders and the inventory, by `credit_note.issued`."""

    def test_brings_nothing_back_and_is_shown_nowhere(self, confirmed, consume, forge):
        consume("invoicing")
        line = {"line_no": 1, "sku": "MUG", "quantity": 1}
        facts = {"order_id": confirmed.pk, "number": "CN-2026-666666", "restock": True, "lines": [line]}
        forge("credit_note.issued.v1", facts)

        consume("orders", "inventory")

        confirmed.refresh_from_db()
        assert confirmed.credit_notes == []
        assert not StockMovement.objects.filter(kind="return").exists()

    def test_brings_back_no_more_than_was_written(self, confirmed, consume, forge):
        consume("invoicing")
        note = credit_invoice(
            number=Invoice.objects.get().number, lines=None, reason="broken", restock=False, actor="ann"
        )
        line = {"line_no": 1, "sku": "MUG", "quantity": 1}
        facts = {"order_id": confirmed.pk, "number": note.number, "restock": True, "lines": [line]}
        forge("credit_note.issued.v1", facts)

        consume("inventory")

        assert failed().error.endswith("its publisher has recorded another restock, lines")
        assert not StockMovement.objects.filter(kind="return").exists()


SHIPPED = (OrderPartlyFulfilled.TYPE, OrderFulfilled.TYPE)
QUERIES = {OrderCancelled.TYPE: 2, OrderPartlyFulfilled.TYPE: 3, OrderFulfilled.TYPE: 3}


@pytest.mark.parametrize("event_type", RECORDS_OF)
def test_the_records_cost_the_same_queries_a_batch_whatever_its_size(
    place, run_system, django_assert_num_queries, event_type
):
    orders = [place(MUG=99), place(MUG=98, TEA=97), place(MUG=1, TEA=1), place(MUG=2), place(TEA=2)]
    run_system()
    record_ids = [order.pk for order in orders]
    if event_type in SHIPPED:
        fulfil_orders(order_ids=record_ids, cause=by_user("ann"))
        record_ids = [shipment.number for shipment in Shipment.objects.all()]

    for size in (1, len(record_ids)):
        with django_assert_num_queries(QUERIES.get(event_type, 1)):
            RECORDS_OF[event_type](set(record_ids[-size:]))
