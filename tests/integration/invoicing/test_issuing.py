"""Each confirmed order gets one invoice: a snapshot, under the next number of its series and year."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from invoicing.billing import bill_orders
from invoicing.consumers import consumer
from invoicing.crediting import credit_invoice
from invoicing.models import Invoice, InvoiceCounter
from invoicing.numbering import lock_series, take_numbers
from messaging.consuming.batches import BatchHandler
from messaging.transport.base import Record
from tests.concurrency import at_once, one_after_the_other
from tests.confirmed_orders import confirmed
from tests.toy_events import as_message

THIS_YEAR = datetime.now(UTC).year


def numbers() -> list[str]:
    return list(Invoice.objects.order_by("sequence").values_list("number", flat=True))


def the_first(count: int) -> list[str]:
    return [f"INV-{THIS_YEAR}-{sequence:06}" for sequence in range(1, count + 1)]


def deliver(*events) -> None:
    """Handle events like the consumer, each with an event id of its own."""
    messages = [as_message(event) for event in events]
    BatchHandler(consumer()).handle(
        [Record(m.topic, 0, offset, m.key, m.value, m.headers) for offset, m in enumerate(messages)]
    )


@pytest.mark.django_db
class TestAnInvoice:
    def test_is_a_snapshot_of_the_order_and_of_the_issuer(self, settings):
        settings.INVOICE_ISSUER = {"name": "Mugs & Sons", "address": "1 Street", "tax_id": "GB1"}
        order = confirmed()

        deliver(order)

        invoice = Invoice.objects.get()
        assert invoice.order_id == order.order_id
        assert invoice.order_reference == "PO-4711"
        assert invoice.client_id == 7
        assert invoice.issuer == {"name": "Mugs & Sons", "address": "1 Street", "tax_id": "GB1"}
        assert invoice.bill_to == {"customer_id": "C-1"}
        assert (invoice.net, invoice.tax, invoice.total) == (order.net, order.tax, order.total)
        assert invoice.lines == [
            {
                "line_no": 1,
                "sku": "MUG",
                "name": "Mug, 50 % “red” 🍵",
                "quantity": 3,
                "unit_price": "2.555",
                "tax_rate": "0.2",
                "net": "7.67",
                "unit_code": "C62",
                "tax_category": "",
            }
        ]
        assert invoice.taxes == [{"rate": "0.2", "net": "7.67", "tax": "1.53"}]

    def test_is_announced_with_what_its_readers_need(self, issued):
        order = confirmed(customer_id="C-9")

        deliver(order)

        (event,) = issued()
        invoice = Invoice.objects.get()
        assert (event.order_id, event.number, event.issued_at) == (order.order_id, invoice.number, invoice.issued_at)
        assert (event.client_id, event.customer_id, event.currency) == (7, "C-9", "GBP")
        assert (event.net, event.tax, event.total) == (order.net, order.tax, order.total)

    def test_bears_the_year_in_which_it_is_issued(self, time_machine):
        time_machine.move_to(datetime(2031, 12, 31, 23, 59, tzinfo=UTC), tick=False)
        deliver(confirmed())
        time_machine.move_to(datetime(2032, 1, 1, 0, 0, tzinfo=UTC), tick=False)
        deliver(confirmed())

        assert [invoice.number for invoice in Invoice.objects.order_by("year")] == [
            "INV-2031-000001",
            "INV-2032-000001",
        ]

    def test_is_of_the_series_that_is_set(self, settings):
        settings.INVOICE_SERIES = "UK"

        deliver(confirmed())

        assert numbers() == [f"UK-{THIS_YEAR}-000001"]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param("UPDATE invoicing_invoice SET total = 0, net = 0, tax = 0", id="update"),
            pytest.param("DELETE FROM invoicing_invoice", id="delete"),
        ],
    )
    def test_never_changes(self, change):
        deliver(confirmed())

        with (
            pytest.raises(IntegrityError, match="issued invoices never change"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

    def test_of_no_order_takes_no_number(self):
        bill_orders([])

        assert not Invoice.objects.exists()


@pytest.mark.django_db
class TestAnOrder:
    def test_gets_one_invoice_however_often_its_event_is_delivered(self, issued):
        message = as_message(confirmed())
        records = [Record("orders", 0, offset, message.key, message.value, message.headers) for offset in range(3)]

        BatchHandler(consumer()).handle(records[:2])
        BatchHandler(consumer()).handle(records[2:])

        assert numbers() == the_first(1)
        assert len(issued()) == 1

    def test_gets_one_invoice_however_often_it_is_confirmed(self, issued):
        order, other = confirmed(), confirmed()

        deliver(order, other, order)
        deliver(order)
        deliver(confirmed())

        assert numbers() == the_first(3)
        assert len(issued()) == 3

    def test_comes_before_those_that_were_confirmed_later(self):
        orders = [confirmed() for _ in range(5)]

        deliver(*orders)

        by_number = Invoice.objects.order_by("sequence").values_list("order_id", flat=True)
        assert list(by_number) == [order.order_id for order in orders]


@pytest.mark.django_db
def test_a_batch_costs_the_same_few_statements_whatever_its_size(django_assert_num_queries):
    deliver(confirmed())
    for size in (1, 50):
        with django_assert_num_queries(6):  # lock, look at the last one, look, count up, store, record
            bill_orders([confirmed() for _ in range(size)])


@pytest.mark.django_db(transaction=True)
class TestNumbers:
    def test_are_given_out_once_and_without_a_gap_to_many_at_once(self):
        at_once([lambda: bill_orders([confirmed() for _ in range(4)]) for _ in range(6)])

        assert numbers() == the_first(24)

    def test_of_the_first_two_invoices_ever_follow_each_other(self):
        def issue():
            bill_orders([confirmed()])

        one_after_the_other(issue, issue)

        assert numbers() == the_first(2)

    def test_of_a_transaction_that_failed_are_given_out_again(self):
        one_after_the_other(
            lambda: bill_orders([confirmed() for _ in range(3)]),
            lambda: bill_orders([confirmed()]),
            first_rolls_back=True,
        )

        assert numbers() == the_first(1)
        assert InvoiceCounter.objects.get().last == 1

    def test_of_an_order_confirmed_to_two_consumers_at_once_is_one(self, issued):
        order = confirmed()

        def issue():
            bill_orders([order, confirmed()])

        one_after_the_other(issue, issue)

        assert numbers() == the_first(3)
        assert len(issued()) == 3

    def test_follow_the_times_of_issue(self):
        def issue():
            bill_orders([confirmed()])

        one_after_the_other(issue, issue)

        first, second = Invoice.objects.order_by("sequence")
        assert first.issued_at < second.issued_at

    def test_are_of_the_new_year_for_those_who_waited_over_new_year(self, monkeypatch):
        eve, new_year = datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
        clock = iter([eve, new_year, new_year])
        monkeypatch.setattr("invoicing.numbering.timezone.now", lambda: next(clock))

        with transaction.atomic():
            issued_at = lock_series("INV", UTC)

        assert issued_at == new_year

    def test_times_follow_numbers_where_a_clock_is_behind(self, time_machine):
        """BMF-RKSV-Technik/at-registrierkassen-mustercode#636: two machines, the second 14 s behind, over New Year."""
        new_year = datetime(2032, 1, 1, 0, 0, 5, tzinfo=UTC)
        for seconds in (0, -14, 1):
            time_machine.move_to(new_year + timedelta(seconds=seconds), tick=False)
            deliver(confirmed())
        time_machine.move_to(new_year - timedelta(seconds=10), tick=False)
        note = credit_invoice(number="INV-2032-000001", lines=None, reason="returned", restock=False, actor="ann")

        assert [(invoice.number, invoice.issued_at) for invoice in Invoice.objects.order_by("sequence")] == [
            ("INV-2032-000001", new_year),
            ("INV-2032-000002", new_year),
            ("INV-2032-000003", new_year + timedelta(seconds=1)),
        ]
        assert (note.number, note.issued_at) == ("CN-2032-000001", new_year)

    def test_a_clock_that_was_far_ahead_does_not_date_what_comes_after(self, time_machine):
        now = datetime(2031, 12, 31, 12, 0, tzinfo=UTC)
        for at in (now + timedelta(hours=3), now):
            time_machine.move_to(at, tick=False)
            deliver(confirmed())

        assert Invoice.objects.get(sequence=2).issued_at == now

    @pytest.mark.parametrize("series", ["INV", "UK"])
    def test_are_counted_by_series_and_year(self, series):
        with transaction.atomic():
            assert take_numbers(series=series, year=2031, count=2) == range(1, 3)
            assert take_numbers(series=series, year=2032, count=1) == range(1, 2)
            assert take_numbers(series=series, year=2031, count=3) == range(3, 6)

    def test_are_taken_in_a_transaction_only(self):
        with pytest.raises(DatabaseError):
            take_numbers(series="INV", year=2031, count=1)
