"""Orders, stock and invoices against a pure model, through everything that may happen to events on their way.

Each example runs in one transaction that is rolled back: services and consumers are called one after the other in it.
MODEL_EXAMPLES makes it a longer run; in CI the examples are the same each time.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from api.idempotency import stored_response
from inventory.backorders import expire_backorders
from inventory.exceptions import OnHandRefused, UnknownSku
from inventory.models import Reservation, ReservationDecision, StockItem, StockMovement
from inventory.services import set_on_hand
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.exceptions import NotSent
from invoicing.models import CreditNote, Invoice
from messaging.consuming.batches import BatchHandler
from messaging.dead_letters.replay import DeadLetterService
from messaging.events import new_id
from messaging.models import DeadLetter, InboxEntry, OutboxMessage
from messaging.outbox.delivery import publish_pending
from messaging.transport.base import DeliveryFailure, Message, Record
from messaging.transport.memory import MemoryBroker
from operations.pipeline import CONSUMERS
from operations.unsent import credited_unsent
from orders.catalogue import PricedProduct
from orders.causes import by_user
from orders.exceptions import LinesRefused, OrderNotFulfillable, QuantityNotOpen
from orders.intake.drafts import AlreadyImported, Draft, DuplicateKey, LineRequest, OrderRequest, Placed
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, OrderLine, Shipment, TimelineEntry
from orders.selectors import sent_units
from tests.audits import examine
from tests.claims import bulk_claim, single_claim
from tests.factories import StockItemFactory
from tests.model.shop import (
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    DISCARDED,
    PARTLY,
    REJECTED,
    Asked,
    Delivery,
    Letter,
    Level,
    Shop,
)
from tests.replays import replay
from tests.stock import book_movement

SKUS = ("MUG", "POT", "TEA", "NEW")  # of the last there is nothing at first
PRODUCTS = {
    "MUG": PricedProduct("MUG", "A mug", Decimal("2.5"), "GBP", Decimal("0.2")),
    "POT": PricedProduct("POT", "A pot “red” 🍵", Decimal("19.999999"), "GBP", Decimal("0.175")),
    "TEA": PricedProduct("TEA", "Tea, loose", Decimal("0.335"), "GBP", Decimal(0)),
    "NEW": PricedProduct("NEW", "As yet unseen", Decimal("0.005"), "GBP", Decimal("0.2")),
}
BASKETS = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 5)), min_size=1, max_size=3)
KEYS = st.none() | st.tuples(st.integers(1, 2), st.sampled_from(["k1", "k2", "k3"]))  # of two clients
CONSUMER = st.sampled_from(sorted(CONSUMERS))
ANN = by_user("ann")
UNREADABLE = "from.the.future.v9"
NOT_ACKNOWLEDGED = DeliveryFailure("no answer", permanent=False)


class Broker(MemoryBroker):
    """One whose partitions do not depend on the ids of orders, which no seed repeats."""

    def __init__(self) -> None:
        super().__init__(partitions=2)
        self._keys: dict[bytes, int] = {}

    def append(self, message: Message) -> None:
        partition = self._keys.setdefault(message.key, len(self._keys)) % self.partitions
        log = self.logs[message.topic, partition]
        log.append(Record(message.topic, partition, len(log), message.key, message.value, message.headers))


class FlakyProducer:
    """Sends what is drawn to arrive, and acknowledges what is drawn to be acknowledged."""

    def __init__(self, broker: MemoryBroker, fates: Sequence[str]) -> None:
        self._broker = broker
        self._fates = list(fates)

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        return [self._send(message) for message in messages]

    def _send(self, message: Message) -> DeliveryFailure | None:
        fate = self._fates.pop() if self._fates else "arrives"
        if fate != "is lost":
            self._broker.append(message)
        return None if fate == "arrives" else NOT_ACKNOWLEDGED

    def close(self) -> None:
        """Nothing is held."""


class ProductBesideModel(RuleBasedStateMachine):
    """The real product beside its model."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.broker = Broker()
        self.handlers = {name: BatchHandler(consumer) for name, consumer in CONSUMERS.items()}
        self.positions: dict[tuple[str, str, int], int] = defaultdict(int)  # of consumer, topic, partition
        self.drafts: dict[str, Draft] = {}  # that were placed
        self.copies: set[str] = set()  # ids under which events came once more
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        failed = sys.exc_info()[0] is not None
        try:
            if not failed:
                self.finish()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- people ------------------------------------------------------------------------------------------------------

    @initialize(reorder_point=st.integers(0, 3), on_hand=st.lists(st.integers(0, 12), min_size=3, max_size=3))
    def stock_is_counted(self, reorder_point, on_hand):
        StockItemFactory(sku="MUG", on_hand=0, reorder_point=reorder_point)
        self.shop.levels["MUG"] = Level(reorder_point=reorder_point)
        counted = dict(zip(SKUS[:3], on_hand, strict=True))
        set_on_hand(levels=counted)
        self.shop.change_on_hand(counted)

    @rule(orders=st.lists(st.tuples(BASKETS, KEYS, st.booleans()), min_size=1, max_size=4))
    def clients_place_orders(self, orders):
        self.place([self.draft(basket, key, may_wait=may_wait) for basket, key, may_wait in orders])

    @rule(baskets=st.lists(BASKETS, min_size=2, max_size=3), key=KEYS)
    def a_client_places_orders_in_bulk(self, baskets, key):
        """They share a claim: all of them are stored, or none."""
        drafts = [self.draft(basket, key) for basket in baskets]
        claim = bulk_claim(drafts, key[1]) if key else None
        self.place([replace(draft, claim=claim) for draft in drafts])

    @rule(references=st.lists(st.sampled_from("ABCD"), min_size=1, max_size=3, unique=True), basket=BASKETS)
    def orders_are_imported(self, references, basket):
        self.place([self.draft(basket, None, reference) for reference in references])

    @precondition(lambda self: self.drafts)
    @rule(data=st.data())
    def orders_are_cancelled(self, data):
        names = data.draw(st.lists(st.sampled_from(list(self.drafts)), min_size=1, max_size=3, unique=True))
        outcome = cancel_orders(order_ids=[UUID(name) for name in names], reason="no", cause=ANN)
        done = {str(order_id) for order_id in outcome.done}
        assert done == {name for name in names if self.shop.cancel(self.shop.orders[name])}

    @precondition(lambda self: self.drafts)
    @rule(data=st.data(), whole=st.booleans())
    def goods_of_an_order_are_sent(self, data, whole):
        name = data.draw(st.sampled_from(self.ready() or list(self.drafts)))
        order = self.shop.orders[name]
        taken = order.sendable if whole else [data.draw(st.integers(0, units)) for _, units in order.lines]
        wanted = [WantedLine(number, units) for number, units in enumerate(taken, start=1) if units]
        try:
            fulfil_order(
                order_id=UUID(name), lines=None if whole else wanted, cause=ANN, credited_unsent=credited_unsent
            )
        except (OrderNotFulfillable, LinesRefused, QuantityNotOpen):
            assert not self.shop.ship(order, taken)
        else:
            assert self.shop.ship(order, taken)
            self.shop.shipped(order, taken, Shipment.objects.filter(order=name).latest("pk").number)

    @precondition(lambda self: self.creditable())
    @rule(data=st.data(), restock=st.booleans())
    def an_invoice_is_credited(self, data, restock):
        name = data.draw(st.sampled_from(self.creditable()))
        order = self.shop.orders[name]
        units = [data.draw(st.integers(0, left)) for left in order.creditable]
        number = Invoice.objects.get(order_id=name).number
        lines = [AskedLine(line_no=place, quantity=taken) for place, taken in enumerate(units, 1) if taken] or None
        units = units if lines else order.creditable
        too_many = restock and any(back > most for back, most in zip(units, order.returnable, strict=True))
        with pytest.raises(NotSent) if too_many else nullcontext():
            credit_invoice(
                number=number, lines=lines, reason="back", restock=restock, sent_units=sent_units, actor="ann"
            )
        if not too_many:
            self.shop.credit(order, units, restock=restock)

    def creditable(self):
        return [name for name, order in self.shop.orders.items() if order.invoice and any(order.creditable)]

    @rule()
    def who_waits_for_stock_has_waited_for_too_long(self):
        expire_backorders(after=timedelta(seconds=-1))  # it is one time in the whole transaction
        self.shop.expire()

    def ready(self):
        return [name for name, order in self.shop.orders.items() if order.status in (CONFIRMED, PARTLY)]

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(-8, 8).filter(bool), counted=st.booleans())
    def goods_come_in_or_a_count_corrects_a_level(self, sku, quantity, counted):
        kind = StockMovement.Kind.ADJUSTMENT if counted or quantity < 0 else StockMovement.Kind.RECEIPT
        try:
            book_movement(sku=sku, kind=kind, quantity=quantity)
        except UnknownSku:
            assert counted or quantity < 0
            assert sku not in self.shop.levels
        except OnHandRefused:
            assert not self.shop.change_on_hand({sku: quantity})
        else:
            assert self.shop.change_on_hand({sku: quantity})

    @rule(levels=st.dictionaries(st.sampled_from(SKUS), st.integers(0, 15), min_size=1))
    def levels_are_set(self, levels):
        changes = {sku: units - self.shop.level(sku).on_hand for sku, units in levels.items()}
        try:
            with transaction.atomic():
                set_on_hand(levels=levels)
        except OnHandRefused:
            assert not self.shop.change_on_hand(changes)
        else:
            assert self.shop.change_on_hand(changes)

    # --- the way of an event -----------------------------------------------------------------------------------------

    @rule(fates=st.lists(st.sampled_from(["arrives", "arrives", "is lost", "arrives unacknowledged"]), max_size=6))
    def events_are_published(self, fates):
        publish_pending(FlakyProducer(self.broker, fates))

    @rule(rounds=st.integers(1, 4))
    def for_a_while_nothing_goes_wrong(self, rounds):
        for _ in range(rounds):
            self.drain()

    @precondition(lambda self: self.behind())
    @rule(size=st.integers(1, 12), data=st.data())
    def a_batch_is_delivered(self, size, data):
        """From the partitions in any order: what is of one key stays in order, keys don't."""
        consumer = data.draw(st.sampled_from(self.behind()))
        records = []
        for _ in range(size):
            waiting = self.waiting(consumer)
            if not waiting:
                break
            records.append(self.take(consumer, data.draw(st.sampled_from(waiting))))
        self.deliver(consumer, records)

    @rule(consumer=CONSUMER, data=st.data())
    def a_consumer_starts_again_at_an_earlier_offset(self, consumer, data):
        if begun := [place for place in self.partitions(consumer) if self.positions[consumer, *place]]:
            place = data.draw(st.sampled_from(begun))
            self.positions[consumer, *place] = data.draw(st.integers(0, self.positions[consumer, *place] - 1))

    @rule(data=st.data())
    def an_event_comes_once_more_under_another_id(self, data):
        if records := [record for log in self.broker.logs.values() for record in log]:
            self.send_again(data.draw(st.sampled_from(records)))

    @precondition(lambda self: self.drafts)
    @rule(topic=st.sampled_from(["orders", "inventory", "invoicing"]), data=st.data())
    def a_message_comes_that_nobody_can_read(self, topic, data):
        order = data.draw(st.sampled_from(list(self.drafts)))
        headers = [("ce_type", UNREADABLE.encode()), ("ce_id", str(new_id()).encode())]
        self.broker.append(Message(topic, order.encode(), b"{}", headers))

    @precondition(lambda self: self.behind())
    @rule(data=st.data())
    def a_handler_fails_again_and_again(self, data):
        consumer = data.draw(st.sampled_from(self.behind()))
        record = self.take(consumer, data.draw(st.sampled_from(self.waiting(consumer))))
        if self.shop.would_act(consumer, self.seen(record)):
            self.handlers[consumer].dead_letter(record, ValueError("no"), attempts=3)
            self.shop.fail(consumer, self.seen(record))
        else:
            self.deliver(consumer, [record])

    # --- dead letters ------------------------------------------------------------------------------------------------

    def open_letters(self):
        return [(name, one) for name, letters in self.shop.letters.items() for one in letters.values() if one.open]

    @precondition(open_letters)
    @rule(data=st.data())
    def a_dead_letter_is_replayed(self, data):
        consumer, letter = data.draw(st.sampled_from(self.open_letters()))
        replay([self.pk(consumer, letter)], CONSUMERS)
        self.shop.replay(consumer, letter.delivery.order)

    @precondition(open_letters)
    @rule(data=st.data())
    def dead_letters_are_discarded(self, data):
        consumer, _ = data.draw(st.sampled_from(self.open_letters()))
        candidates = [letter for name, letter in self.open_letters() if name == consumer]
        chosen = data.draw(st.lists(st.sampled_from(range(len(candidates))), min_size=1, max_size=3, unique=True))
        letters = sorted((candidates[index] for index in chosen), key=lambda letter: self.pk(consumer, letter))
        self.service().discard([self.pk(consumer, letter) for letter in letters], reason="no longer wanted")
        self.shop.discard(consumer, letters)

    # --- what must be so after every step ----------------------------------------------------------------------------

    @invariant()
    def stock_is_as_in_the_model(self):
        levels = {item.sku: (item.on_hand, item.reserved, item.backordered) for item in StockItem.objects.all()}
        assert levels == {
            sku: (level.on_hand, level.reserved, level.backordered) for sku, level in self.shop.levels.items()
        }
        assert all(0 <= reserved <= on_hand and waiting >= 0 for on_hand, reserved, waiting in levels.values())
        changes = [Sum(f"{name}_change") for name in ("on_hand", "reserved", "backordered")]
        sums = {sku: tuple(level) for sku, *level in StockMovement.objects.values_list("sku").annotate(*changes)}
        assert sums == {sku: level for sku, level in levels.items() if sku in sums}
        assert all(level == (0, 0, 0) for sku, level in levels.items() if sku not in sums)

    @invariant()
    def orders_have_their_answers_and_states(self):
        orders = {str(order.pk): order for order in Order.objects.all()}
        answers = {str(answer.pk): answer for answer in ReservationDecision.objects.all()}
        held: dict[str, dict[str, int]] = defaultdict(dict)
        for order_id, sku, quantity in Reservation.objects.values_list("decision_id", "sku", "quantity"):
            held[str(order_id)][sku] = quantity
        sent: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lines = OrderLine.objects.order_by("order_id", "line_no")
        for order_id, *units in lines.values_list("order_id", "fulfilled_quantity", "cancelled_quantity"):
            sent[str(order_id)].append(tuple(units))
        assert orders.keys() == self.shop.orders.keys()
        for name, expected in self.shop.orders.items():
            order, answer = orders[name], answers.get(name)
            assert order.status == expected.status
            assert (answer.outcome if answer else "") == expected.answer
            assert (answer.shortages if answer else []) == expected.shortages
            assert held[name] == expected.held
            assert sent[name] == list(zip(expected.sent, expected.dropped, strict=True))
            assert bool(order.invoice_number) == expected.shown
            assert [int(number.rsplit("-")[-1]) for number in order.credit_notes] == expected.credits_shown
            assert (order.rejection or {}).get("shortages", []) == (
                expected.shortages if expected.status == "rejected" else []
            )

    @invariant()
    def invoices_are_snapshots_with_numbers_without_gaps(self):
        invoices = {str(invoice.order_id): invoice for invoice in Invoice.objects.all()}
        expected = {name: order.invoice for name, order in self.shop.orders.items() if order.invoice}
        assert {name: invoice.sequence for name, invoice in invoices.items()} == expected
        assert sorted(expected.values()) == list(range(1, self.shop.invoices + 1))
        for name, invoice in invoices.items():
            order = self.drafts[name].order
            assert (invoice.net, invoice.tax, invoice.total) == (order.net, order.tax, order.total)
            assert [(line["line_no"], line["sku"], line["quantity"], line["net"]) for line in invoice.lines] == [
                (line.line_no, line.sku, line.quantity, str(line.net)) for line in order.lines
            ]

    @invariant()
    def credit_notes_are_parts_that_add_up_to_the_whole(self):
        notes: dict[str, dict[int, CreditNote]] = defaultdict(dict)
        for note in CreditNote.objects.all():
            notes[str(note.order_id)][note.sequence] = note
        assert sorted(number for each in notes.values() for number in each) == list(
            range(1, self.shop.credit_notes + 1)
        )
        for name, expected in self.shop.orders.items():
            assert notes[name].keys() == expected.credited.keys()
            for number, (units, restock) in expected.credited.items():
                note = notes[name][number]
                taken = {line["line_no"]: line["quantity"] for line in note.lines}
                assert taken == {place: count for place, count in enumerate(units, 1) if count}
                assert note.restock == restock
            if expected.credited and not any(expected.creditable):
                order = self.drafts[name].order
                assert sum(note.net for note in notes[name].values()) == order.net
                assert sum(note.tax for note in notes[name].values()) == order.tax

    @invariant()
    def each_event_is_announced_once_and_stands_on_the_timeline(self):
        sent = [self.seen(place) for log in self.broker.logs.values() for place in log]
        events = {
            one.event_id: (one.order, one.type) for one in sent if one.event_id and one.event_id not in self.copies
        }
        events |= {str(one.event_id): (one.key, one.type) for one in OutboxMessage.objects.all()}
        announced: dict[str, Counter[str]] = defaultdict(Counter)
        for order, event in events.values():
            if event != "stock.replenished.v1":  # that there is more may be said more often than somebody waits for it
                announced[order][event] += 1
        low = {sku: Counter({"stock.low.v1": times}) for sku, times in self.shop.ran_low.items() if times}
        assert announced == {name: Counter(order.events) for name, order in self.shop.orders.items()} | low
        timelines: dict[str, list[str]] = defaultdict(list)
        for order_id, event in TimelineEntry.objects.order_by("pk").values_list("order_id", "event"):
            timelines[str(order_id)].append(event)
        assert timelines == {name: order.timeline for name, order in self.shop.orders.items() if order.timeline}

    @invariant()
    def consumers_remember_the_same(self):
        handled: dict[str, set[str]] = defaultdict(set)
        for consumer, event_id in InboxEntry.objects.values_list("consumer", "event_id"):
            handled[consumer].add(str(event_id))
        assert handled == {consumer: ids for consumer, ids in self.shop.handled.items() if ids}
        states = DeadLetter.objects.values_list("consumer", "topic", "partition", "offset", "state")
        assert {(name, tuple(place)): state for name, *place, state in states} == {
            (name, place): letter.state
            for name, letters in self.shop.letters.items()
            for place, letter in letters.items()
        }

    # --- the end -----------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Everything is delivered, every dead letter resolved; then all of it once more, and then under other ids."""
        self.settle()
        self.positions.clear()
        self.settle()
        for record in [record for log in self.broker.logs.values() for record in log]:
            self.send_again(record)
        self.settle()
        for name in self.shop.orders.keys() - self.deprived():
            order = self.shop.orders[name]
            assert order.status in (REJECTED, CANCELLED, BACKORDERED) or order.shown
            assert order.held == (order.units(order.open) if order.answer == "reserved" else {})
        assert self.deprived() or not self.shop.whose_turn()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        found = examine(waiting_limit=timedelta(0))
        assert found.violations == []
        assert found.checks

    def settle(self) -> None:
        while self.drain() or self.resolve():
            pass
        self.stock_is_as_in_the_model()
        self.orders_have_their_answers_and_states()
        self.invoices_are_snapshots_with_numbers_without_gaps()
        self.each_event_is_announced_once_and_stands_on_the_timeline()
        self.consumers_remember_the_same()

    def drain(self) -> bool:
        """Whether anything was left to be delivered."""
        publish_pending(FlakyProducer(self.broker, []))
        moved = False
        for consumer in self.behind():
            records = []
            while waiting := self.waiting(consumer):
                records += [self.take(consumer, place) for place in waiting]
            self.deliver(consumer, records)
            moved = True
        return moved

    def resolve(self) -> bool:
        """What can't be read is discarded, the rest replayed; whether there was any."""
        letters = self.open_letters()
        for consumer, letter in letters:
            if letter.open and letter.delivery.event_id:
                replay([self.pk(consumer, letter)], CONSUMERS)
                self.shop.replay(consumer, letter.delivery.order)
            elif letter.open:
                self.service().discard([self.pk(consumer, letter)], reason="it can't be read")
                self.shop.discard(consumer, [letter])
        return bool(letters)

    def deprived(self) -> set[str]:
        """Orders of which an event was discarded."""
        letters = [letter for letters in self.shop.letters.values() for letter in letters.values()]
        return {one.delivery.order for one in letters if one.state == DISCARDED and one.delivery.event_id}

    # --- help --------------------------------------------------------------------------------------------------------

    def draft(self, basket, key, reference="", *, may_wait=False):
        client_id = key[0] if key else 1
        request = OrderRequest(
            client_id=client_id,
            customer_id="C-1",
            lines=[LineRequest(sku, quantity) for sku, quantity in basket],
            reference=reference,
            allow_backorder=may_wait,
            source=Order.Source.IMPORT if reference else Order.Source.API,
        )
        draft = price(request, PRODUCTS)
        return replace(draft, claim=single_claim(draft, key[1])) if key else draft

    def place(self, drafts: Sequence[Draft]) -> None:
        expected = self.shop.outcomes([_asked(draft) for draft in drafts])
        for draft, outcome, answer in zip(drafts, place_orders(drafts), expected, strict=True):
            match outcome:
                case Placed():
                    assert answer == ""
                    self.drafts[str(draft.id)] = draft
                    lines = [(line.sku, line.quantity) for line in draft.order.lines]
                    self.shop.place(str(draft.id), lines, may_wait=draft.order.allow_backorder)
                case DuplicateKey():
                    assert answer == _stored_body(draft)
                case AlreadyImported():
                    assert answer == "imported before"

    def partitions(self, consumer: str) -> list[tuple[str, int]]:
        return [(topic, part) for topic in CONSUMERS[consumer].topics for part in range(self.broker.partitions)]

    def behind(self) -> list[str]:
        """The consumers for which there is something."""
        return [consumer for consumer in CONSUMERS if self.waiting(consumer)]

    def waiting(self, consumer: str) -> list[tuple[str, int]]:
        """The partitions in which there is something for a consumer."""
        return [
            place
            for place in self.partitions(consumer)
            if self.positions[consumer, *place] < len(self.broker.logs[place])
        ]

    def take(self, consumer: str, place: tuple[str, int]) -> Record:
        self.positions[consumer, *place] += 1
        return self.broker.logs[place][self.positions[consumer, *place] - 1]

    def deliver(self, consumer: str, records: Sequence[Record]) -> None:
        if records:
            self.handlers[consumer].handle(records)
            self.shop.deliver(consumer, [self.seen(record) for record in records])

    def seen(self, record: Record) -> Delivery:
        headers = {name: value.decode() for name, value in record.headers}
        readable = headers["ce_type"] != UNREADABLE
        body = json.loads(record.value or b"{}") if readable else {}
        return Delivery(
            place=(record.topic, record.partition, record.offset),
            order=(record.key or b"").decode(),
            type=headers["ce_type"],
            event_id=headers["ce_id"] if readable else "",
            document=body.get("shipment", "") or (body["number"] if "invoice_number" in body else ""),
            skus=tuple(body.get("skus", ())),
        )

    def send_again(self, record: Record) -> None:
        headers = {**dict(record.headers), "ce_id": str(new_id()).encode()}
        self.copies.add(headers["ce_id"].decode())
        self.broker.append(Message(record.topic, record.key, record.value, list(headers.items())))

    def service(self) -> DeadLetterService:
        return DeadLetterService(CONSUMERS, by="ann")

    def pk(self, consumer: str, letter: Letter) -> int:
        topic, partition, offset = letter.delivery.place
        return DeadLetter.objects.get(consumer=consumer, topic=topic, partition=partition, offset=offset).pk


def _asked(draft: Draft) -> Asked:
    claim = draft.claim
    return Asked(
        key=(claim.client_id, claim.key) if claim else None,
        answer=claim.response.body if claim else "",
        reference=draft.order.reference,
    )


def _stored_body(draft: Draft) -> str:
    stored = stored_response(*draft.claim.name) if draft.claim else None
    return stored.body if stored else ""


@pytest.mark.django_db
def test_whatever_happens_to_events_on_their_way_the_product_does_as_the_model_does():
    run_state_machine_as_test(
        ProductBesideModel,
        settings=settings(
            max_examples=int(os.environ.get("MODEL_EXAMPLES", "25")),
            stateful_step_count=25,
            deadline=None,
            derandomize="CI" in os.environ,
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes longer than all else
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
