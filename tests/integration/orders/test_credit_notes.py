"""Credit notes are shown on their orders, each once, in the order in which they come."""

import pytest

from orders.events import CreditNoteIssued
from orders.handlers import record_credit_notes
from orders.history import timeline_of
from orders.models import Order, TimelineEntry
from orders.transitions import Status

pytestmark = pytest.mark.django_db


def test_each_is_shown_once_with_its_order_and_on_the_timeline(stored):
    order, other = stored(Status.CONFIRMED), stored(Status.CONFIRMED)
    notes = [CreditNoteIssued(order_id=order.pk, number=number) for number in ("CN-1", "CN-2")]

    record_credit_notes([notes[0], CreditNoteIssued(order_id=other.pk, number="CN-3"), notes[1]])
    record_credit_notes(notes)

    order.refresh_from_db()
    assert order.credit_notes == ["CN-1", "CN-2"]
    assert [each.detail for each in timeline_of(order)[1:]] == [{"number": "CN-1"}, {"number": "CN-2"}]
    assert Order.objects.get(pk=other.pk).credit_notes == ["CN-3"]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FULFILLED, Status.PARTLY_FULFILLED])
def test_whatever_the_order_is_meanwhile(stored, status):
    order = stored(status)

    record_credit_notes([CreditNoteIssued(order_id=order.pk, number="CN-1")])

    order.refresh_from_db()
    assert (order.status, order.credit_notes) == (status, ["CN-1"])


def test_of_an_order_that_there_is_not_nothing_is_shown(stored):
    order = stored(Status.PLACED)
    Order.objects.filter(pk=order.pk).delete()

    record_credit_notes([CreditNoteIssued(order_id=order.pk, number="CN-1")])

    assert not TimelineEntry.objects.filter(event=CreditNoteIssued.TYPE).exists()
