"""10,000 wrong messages among right ones: each is handled or kept as a dead letter, and none stops the flow.

FUZZ_SEED and FUZZ_MESSAGES make it another run, or a longer one.
"""

import os
import random
from collections.abc import Collection, Sequence
from dataclasses import astuple, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction

from inventory.services import set_on_hand
from invoicing.billing import bill_orders
from invoicing.models import Invoice
from messaging.consuming.batches import BatchHandler
from messaging.consuming.dead_letters import record_of
from messaging.consuming.runtime import ConsumerRunner
from messaging.dead_letters.replay import DeadLetterService
from messaging.events import Trace, new_id
from messaging.models import DeadLetter, InboxEntry, OutboxMessage
from messaging.outbox.delivery import publish_pending
from messaging.outbox.pending import anything_pending
from messaging.transport.base import DeliveryFailure, Message, Record
from operations.audit.run import audit
from operations.pipeline import CONSUMERS
from orders.catalogue import PricedProduct
from orders.events import InvoiceIssued
from orders.intake.drafts import Draft, LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import Order, TimelineEntry
from orders.transitions import Status
from tests.confirmed_orders import confirmed
from tests.factories import UserFactory
from tests.model.fuzzer import Fuzzer, understood_by
from tests.replays import replay
from tests.toy_events import Recorder, as_message, consumer, happened

SEED = int(os.environ.get("FUZZ_SEED", "20261104"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "10000"))
ORDERS = 250
TRACE = Trace("request-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

PRODUCTS = {
    "MUG": PricedProduct("MUG", "A mug", Decimal("2.5"), "GBP", Decimal("0.2")),
    "TEA": PricedProduct("TEA", "Tea, loose", Decimal("0.335"), "GBP", Decimal(0)),
    "POT": PricedProduct("POT", "A pot “red” 🍵", Decimal("19.999999"), "GBP", Decimal("0.175")),
}


class Outlet:
    """A producer that collects the messages of the relay."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, messages: Sequence[Message]) -> list[DeliveryFailure | None]:
        self.sent += messages
        return [None] * len(messages)

    def close(self) -> None:
        """Nothing has to be closed."""


def drafts(chance: random.Random, client_id: int) -> list[Draft]:
    def lines() -> list[LineRequest]:
        return [LineRequest(chance.choice(list(PRODUCTS)), chance.randint(1, 9)) for _ in range(chance.randint(1, 4))]

    return [
        price(
            OrderRequest(client_id=client_id, customer_id=f"C-{n}", reference=f"PO-{n}", lines=lines(), trace=TRACE),
            PRODUCTS,
        )
        for n in range(ORDERS)
    ]


@pytest.fixture
def fuzzer(subscriptions, transactional_db) -> Fuzzer:
    """A fuzzer for placed orders, with stock for most of them."""
    print(f"FUZZ_SEED={SEED} FUZZ_MESSAGES={MESSAGES}")
    subscriptions.broker.partitions = 3
    placed = drafts(random.Random(SEED), UserFactory().pk)
    set_on_hand(levels=dict.fromkeys(PRODUCTS, 6 * ORDERS))
    place_orders(placed)
    return Fuzzer(subscriptions.broker, [draft.id for draft in placed], seed=SEED, messages=MESSAGES)


@pytest.fixture
def consume(subscriptions):
    """Run every consumer until it has polled all records."""

    def run() -> None:
        for real in CONSUMERS.values():
            subscriptions.stopping.clear()
            ConsumerRunner(real, subscriptions, subscriptions.stopping, jitter=lambda: 0.0).run()

    return run


@pytest.fixture
def flow(fuzzer, consume):
    """Publish and consume until no event is in flight."""

    def run() -> None:
        while anything_pending():
            outlet = Outlet()
            publish_pending(outlet)
            for message in outlet.sent:
                fuzzer.put(message)
            if not anything_pending():
                consume()

    return run


def open_letters(fuzzer: Fuzzer) -> list[DeadLetter]:
    """The open dead letters of the placed orders."""
    return list(DeadLetter.objects.filter(state__in=DeadLetter.OPEN, key__in=map(str, fuzzer.disturbed)))


def has_failed_again(letters: Sequence[DeadLetter]) -> bool:
    _, failed = replay((letter.pk for letter in letters), CONSUMERS)
    return failed > 0


def settle_dead_letters(letters: Sequence[DeadLetter]) -> None:
    """Discard invalid dead letters, and replay what waits behind them."""
    service = DeadLetterService(CONSUMERS, by="ann")
    garbage = [letter.pk for letter in letters if understood_by(letter.consumer, record_of(letter)) is None]
    if garbage:
        service.discard(garbage, reason="it is no message of ours")
    elif has_failed_again(letters):
        failed = DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters], state=DeadLetter.State.FAILED)
        service.discard(failed.values_list("pk", flat=True), reason="it is not true")


def test_of_10_000_wrong_messages_each_is_handled_or_kept_and_none_stops_the_flow(
    fuzzer, flow, consume, subscriptions, monkeypatch
):
    monkeypatch.setattr("operations.audit.run.EXAMPLES", MESSAGES)  # all that it finds is looked at
    monkeypatch.setattr("messaging.consuming.runtime.MAX_RECORDS", 100)  # one that fails: one by one

    flow()
    fuzzer.rest()
    consume()
    flow()

    assert fuzzer.left == 0
    assert unaccounted(subscriptions.broker) == []
    assert unfinished(excepting=fuzzer.disturbed) == []
    assert broken() == []

    while letters := open_letters(fuzzer):
        settle_dead_letters(letters)
        flow()

    assert unfinished() == [], traces_of(unfinished())
    assert broken() == []


def traces_of(orders: Collection[tuple[UUID, str]]) -> str:
    """All traces of these orders' events, for the message of a failed assertion."""
    keys = [str(order_id) for order_id, _ in orders]
    letters = DeadLetter.objects.filter(key__in=keys).order_by("pk")
    return "\n".join(
        [
            *(f"dead letter {one.pk} {one.consumer} {one.event_type} {one.state}: {one.error}" for one in letters),
            *map(str, InboxEntry.objects.filter(key__in=keys).values_list("consumer", "event_id", "key")),
            *map(str, OutboxMessage.objects.filter(key__in=keys).values_list("type", "key", "parked_reason")),
            *map(str, Invoice.objects.filter(order_id__in=keys).values_list("number", "order_id")),
        ]
    )


def unaccounted(broker) -> list[Record]:
    """Records that a consumer has neither handled nor ignored nor kept as a dead letter."""
    letters = set(DeadLetter.objects.values_list("consumer", "topic", "partition", "offset"))
    handled = set(InboxEntry.objects.values_list("consumer", "event_id"))
    return [
        record
        for name, real in CONSUMERS.items()
        for (topic, _), log in broker.logs.items()
        if topic in real.topics
        for record in log
        if (name, record.topic, record.partition, record.offset) not in letters
        and (envelope := understood_by(name, record)) is not None
        and (name, envelope.id) not in handled
    ]


def unfinished(*, excepting: Collection[UUID] = ()) -> list[tuple[UUID, str]]:
    """Orders that were neither rejected nor have been shown their invoice."""
    orders = Order.objects.exclude(pk__in=excepting).exclude(status=Status.REJECTED)
    return list(orders.filter(invoice_number="").values_list("pk", "status"))


def broken() -> list[str]:
    """The violations that the audit finds."""
    return [str(violation) for violation in audit(waiting_limit=timedelta(0)).violations]


# --- what it found, each as the smallest case of it ------------------------------------------------------------------


def test_a_garbled_copy_that_is_discarded_does_not_take_the_event_with_it(deliver):
    """The copy bears the id of the event that waits behind it."""
    handler, right = Recorder(), as_message(happened(1))
    deliver(handler, replace(right, value=b"garbled"), right)

    garbled = DeadLetter.objects.get(state=DeadLetter.State.FAILED)
    DeadLetterService({"toy": consumer(handler)}, by="ann").discard([garbled.pk], reason="garbled")

    assert handler.numbers == [1]


def test_an_unreadable_message_that_was_discarded_holds_up_nobody_when_it_is_delivered_again(deliver, subscriptions):
    """Else what comes after it waits for a dead letter that nobody will ever look at again."""
    handler, right = Recorder(), as_message(happened(1))
    deliver(handler, replace(right, value=b"garbled"))
    DeadLetterService({"toy": consumer(handler)}, by="ann").discard([DeadLetter.objects.get().pk], reason="garbled")

    subscriptions.broker.offsets.clear()
    deliver(handler, right)

    assert handler.numbers == [1]


def test_messages_with_nul_are_the_messages_fault_and_do_not_stop_the_consumer(deliver, settings):
    """PostgreSQL stores no NUL: the handlers fail on them, and many failures in a row stop a consumer."""
    settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = 4
    handler = Recorder()
    handler.fails_on = {2}
    value = b'{"order_id":"%s","number":2,"note":"\\u0000"}'
    nul = [replace(as_message(happened(2)), value=value % right_id()) for _ in range(9)]

    deliver(handler, *nul, as_message(happened(1)))

    assert handler.numbers == [1]
    assert set(DeadLetter.objects.values_list("error", flat=True)) == {
        "UndecodableEvent: happened.v1: a string contains NUL"
    }


def right_id() -> bytes:
    return str(new_id()).encode()


@pytest.mark.parametrize(
    ("note", "readable"), [(rb"\\u0000", True), (rb"\\\u0000", False), (rb"u0000", True), (rb"\\\\u0000", True)]
)
def test_a_backslash_before_u0000_is_not_nul(deliver, note, readable):
    handler = Recorder()

    deliver(handler, replace(as_message(happened(1)), value=b'{"order_id":"%s","note":"%s"}' % (right_id(), note)))

    assert bool(handler.seen) == readable


@pytest.mark.parametrize("trace", [Trace("r" * 201, ""), Trace("\x00", "\x00"), Trace("", "00-" + "1" * 200)])
def test_an_event_with_a_garbled_trace_is_handled_without_it(transactional_db, trace):
    """Else what is recorded while it is handled does not fit the outbox, and the order is stuck for its log entry."""
    place_orders(drafts(random.Random(1), UserFactory().pk)[:1])
    publish_pending(outlet := Outlet())
    garbled = {"ce_correlationid": trace.correlation_id.encode(), "traceparent": trace.traceparent.encode()}
    message = replace(outlet.sent[0], headers=list({**dict(outlet.sent[0].headers), **garbled}.items()))

    BatchHandler(CONSUMERS["inventory"]).handle([Record("orders", 0, 0, *astuple(message)[1:])])

    answer = OutboxMessage.objects.get()
    assert (answer.type, answer.correlation_id, answer.traceparent) == ("stock.rejected.v1", "", "")


def test_an_invoice_announced_again_under_another_id_stands_on_the_timeline_once(transactional_db):
    (draft,) = drafts(random.Random(1), UserFactory().pk)[:1]
    place_orders([draft])
    Order.objects.update(status=Status.CONFIRMED)
    with transaction.atomic():
        bill_orders([confirmed(order_id=draft.id)])
    messages = [as_message(InvoiceIssued(order_id=draft.id, number=Invoice.objects.get().pk)) for _ in range(2)]
    records = [Record("invoicing", 0, offset, *astuple(message)[1:]) for offset, message in enumerate(messages)]

    BatchHandler(CONSUMERS["orders"]).handle(records[:1])
    BatchHandler(CONSUMERS["orders"]).handle(records[1:])

    assert [entry.event for entry in TimelineEntry.objects.all()] == ["invoice.issued.v1"]
