"""An order that got stuck in a consumer of the real system goes the rest of its way when it is replayed, and once."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Reservation, ReservationDecision, StockItem, StockMovement
from invoicing.models import Invoice
from messaging.consuming.dead_letters import record_of
from messaging.dead_letters.rehearsal import rehearse
from messaging.dead_letters.replay import DeadLetterService
from messaging.dead_letters.selection import Choice
from messaging.models import DeadLetter, OutboxMessage
from messaging.transport.base import Message
from operations.audit.run import audit
from operations.pipeline import CONSUMERS
from orders.transitions import Status
from tests.replays import replay
from tests.stock import book_movement


@pytest.fixture(autouse=True)
def _stock(transactional_db) -> None:
    for sku in ("MUG", "TEA"):
        book_movement(sku=sku, kind="receipt", quantity=10, actor="ann")


def status(order) -> Status:
    order.refresh_from_db()
    return Status(order.status)


def effects() -> dict[str, int]:
    """The effects of an order for two mugs; checks that each is there once."""
    return {
        "answers": ReservationDecision.objects.count(),
        "reserved by the order": sum(Reservation.objects.values_list("quantity", flat=True)),
        "reserved of the item": StockItem.objects.get(pk="MUG").reserved,
        "movements": StockMovement.objects.filter(kind="reservation").count(),
        "invoices": Invoice.objects.count(),
    }


ONCE = {"answers": 1, "reserved by the order": 2, "reserved of the item": 2, "movements": 1, "invoices": 1}
NEVER = dict.fromkeys(ONCE, 0)


@pytest.mark.parametrize("on_commit", [False, True], ids=["on a statement", "on the commit"])
def test_a_stuck_order_gets_its_reservation_once_when_it_is_replayed(place, run_system, mugs_break, broker, on_commit):
    with mugs_break(on_commit=on_commit):
        order = place(MUG=2)
        run_system()

        letter = DeadLetter.objects.get()
        assert (letter.consumer, letter.key, letter.event_type) == ("inventory", str(order.pk), "order.placed.v1")
        assert "mugs break" in letter.error
        assert rehearse(choice=Choice(ids=[letter.pk]), consumers=CONSUMERS).causes == {"IntegrityError": 1}
        assert replay([letter.pk], CONSUMERS) == (0, 1)
        assert effects() == NEVER

    assert replay([letter.pk], CONSUMERS) == (1, 0)
    run_system()
    assert status(order) == Status.CONFIRMED
    assert effects() == ONCE

    assert replay([letter.pk], CONSUMERS) == (0, 0)
    broker.offsets.clear()  # everything is delivered once more
    run_system()
    assert effects() == ONCE
    assert not audit(waiting_limit=timedelta()).broken


def test_other_orders_do_not_wait_for_the_stuck_one(place, run_system, mugs_break):
    with mugs_break():
        orders = [place(TEA=1), place(MUG=1), place(TEA=1, MUG=1), place(TEA=2)]
        run_system()

    assert [status(order) for order in orders] == [Status.CONFIRMED, Status.PLACED, Status.PLACED, Status.CONFIRMED]
    assert {letter.key for letter in DeadLetter.objects.all()} == {str(orders[1].pk), str(orders[2].pk)}
    assert StockItem.objects.get(pk="TEA").reserved == 3


def test_a_discarded_order_is_never_reserved_however_often_it_is_delivered(place, run_system, mugs_break, broker):
    with mugs_break():
        order = place(MUG=2)
        run_system()
        (letter,) = DeadLetter.objects.all()
        event = record_of(letter)
        broker.append(Message(event.topic, event.key, event.value, event.headers))  # the relay sent it twice
        run_system()
        assert DeadLetter.objects.filter(state="waiting").count() == 1

    DeadLetterService(CONSUMERS, by="ann").discard([letter.pk], reason="ordered again by phone")
    run_system()
    broker.offsets.clear()
    run_system()

    assert status(order) == Status.PLACED
    assert effects() == NEVER


def test_what_was_discarded_is_not_published_again_unless_somebody_says_so(place, run_system, mugs_break):
    """Under its new id no consumer knows that the event was discarded."""
    with mugs_break():
        order, other = place(MUG=2), place(TEA=1)
        run_system()
        (letter,) = DeadLetter.objects.all()
    DeadLetterService(CONSUMERS, by="ann").discard([letter.pk], reason="ordered again by phone")

    with pytest.raises(CommandError, match=f"order.placed.v1 of order {order.pk} for inventory") as error:
        call_command("republish_events", str(order.pk), str(other.pk))
    assert "--even-discarded" in str(error.value)
    assert not OutboxMessage.objects.exists()

    call_command("republish_events", str(order.pk), "--even-discarded")
    run_system()
    assert status(order) == Status.CONFIRMED
    call_command("republish_events", str(order.pk))  # nothing of it would be handled after all
