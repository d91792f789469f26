"""An order that is cancelled is credited once, or never billed, whichever event comes first."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from invoicing.billing import bill_orders
from invoicing.consumers import consumer
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.models import CancelledOrder, CreditNote, Invoice
from messaging.consuming.batches import BatchHandler
from messaging.models import DeadLetter
from tests.concurrency import one_after_the_other
from tests.confirmed_orders import confirmed
from tests.integration.invoicing.deliveries import cancelled, credited_units, deliver, invoiced, records
from tests.replays import replay


@pytest.mark.django_db
class TestACancelledOrder:
    def test_that_is_billed_is_credited_in_full(self):
        order = confirmed()
        deliver(order)

        deliver(cancelled(order, reason="changed my mind"))

        note, invoice = CreditNote.objects.get(), Invoice.objects.get()
        assert (note.invoice_id, note.reason) == (invoice.number, "changed my mind")
        assert (note.restock, note.actor) == (False, "")
        assert (note.net, note.tax, note.total) == (invoice.net, invoice.tax, invoice.total)
        assert (note.lines, note.taxes) == (invoice.lines, invoice.taxes)

    def test_that_is_not_billed_never_is(self):
        order, other = confirmed(), confirmed()

        deliver(cancelled(order))
        deliver(order, other)
        deliver(order)

        assert invoiced() == {other.order_id}
        assert not CreditNote.objects.exists()

    @pytest.mark.parametrize("turn", [1, -1], ids=["confirmed first", "cancelled first"])
    def test_whose_events_come_in_one_batch_is_never_billed(self, turn):
        order, other = confirmed(), confirmed()

        deliver(*[order, other, cancelled(order)][::turn])

        assert invoiced() == {other.order_id}
        assert Invoice.objects.get().sequence == 1
        assert not CreditNote.objects.exists()

    @pytest.mark.parametrize("sequence", list(permutations(["confirmed", "cancelled", "confirmed again"])))
    def test_comes_to_the_same_in_every_sequence(self, sequence):
        order = confirmed()
        events = {"confirmed": order, "cancelled": cancelled(order, {1: 2}), "confirmed again": order}

        for name in sequence:
            deliver(events[name])

        assert Invoice.objects.get().total == order.total
        assert credited_units() == [{1: 2}]

    def test_is_credited_once_however_often_that_is_delivered(self):
        order = confirmed()
        event = cancelled(order, {1: 1})
        deliver(order)
        same = records(event)

        BatchHandler(consumer()).handle(same + same)
        BatchHandler(consumer()).handle(same)
        deliver(event, event)
        deliver(event)

        assert credited_units() == [{1: 1}]

    def test_is_credited_what_a_person_has_left_of_it(self):
        order = confirmed()
        deliver(order)
        number = Invoice.objects.get().number
        asked = [AskedLine(line_no=1, quantity=2)]
        credit_invoice(number=number, lines=asked, reason="broken", restock=False, actor="ann")

        deliver(cancelled(order))

        assert credited_units() == [{1: 2}, {1: 1}]
        assert sum(note.total for note in CreditNote.objects.all()) == order.total

    def test_that_was_credited_whole_before_is_not_credited_again(self):
        order = confirmed()
        deliver(order)
        credit_invoice(number=Invoice.objects.get().number, lines=None, reason="broken", restock=False, actor="ann")

        deliver(cancelled(order))

        assert credited_units() == [{1: 3}]

    def test_of_which_nothing_was_billed_is_kept_for_ever(self):
        order = confirmed()

        deliver(cancelled(order, reason="never paid"))

        kept = CancelledOrder.objects.get()
        assert (kept.order_id, kept.reason) == (order.order_id, "never paid")
        assert kept.lines == [{"line_no": 1, "quantity": 3}]


@pytest.mark.django_db
def test_a_cancellation_replayed_from_a_dead_letter_is_credited_once():
    order = confirmed()
    deliver(order)
    (record,) = records(cancelled(order, {1: 2}))
    BatchHandler(consumer()).dead_letter(record, ValueError("broken"), attempts=3)

    replay([DeadLetter.objects.get().pk], {consumer().name: consumer()})
    deliver(cancelled(order, {1: 2}))

    assert credited_units() == [{1: 2}]


@pytest.mark.django_db
def test_a_batch_of_cancellations_costs_the_same_few_statements_whatever_its_size(django_assert_num_queries):
    order = confirmed()
    deliver(order, cancelled(order, {1: 1}))
    for size in (1, 40):
        orders = [confirmed() for _ in range(size)]
        deliver(*orders)
        with django_assert_num_queries(12):  # lock, keep, look what is known, lock, look, and issue
            bill_orders([cancelled(order) for order in orders])


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_an_order_cancelled_while_it_is_being_billed_is_credited(self):
        order = confirmed()

        one_after_the_other(lambda: bill_orders([order]), lambda: bill_orders([cancelled(order)]))

        assert credited_units() == [{1: 3}]

    def test_an_order_billed_while_it_is_being_cancelled_is_not(self):
        order = confirmed()

        one_after_the_other(lambda: bill_orders([cancelled(order)]), lambda: bill_orders([order]))

        assert not Invoice.objects.exists()

    def test_a_cancellation_that_was_rolled_back_keeps_nothing_from_being_billed(self):
        order = confirmed()

        one_after_the_other(
            lambda: bill_orders([cancelled(order)]), lambda: bill_orders([order]), first_rolls_back=True
        )

        assert invoiced() == {order.order_id}

    def test_over_new_year_one_still_waits_for_the_other(self, monkeypatch):
        """The second is of a year whose counter nobody has locked yet."""
        order, years = confirmed(), [2031]
        monkeypatch.setattr("invoicing.numbering.timezone.now", lambda: datetime(years[-1], 1, 1, tzinfo=UTC))
        deliver(confirmed())

        one_after_the_other(lambda: (bill_orders([order]), years.append(2032)), lambda: bill_orders([cancelled(order)]))

        assert credited_units() == [{1: 3}]
        assert (CreditNote.objects.get().invoice.year, CreditNote.objects.get().year) == (2031, 2032)
