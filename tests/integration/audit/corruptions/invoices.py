"""Corruptions of invoices."""

from datetime import timedelta

from invoicing.models import Invoice, InvoiceCounter
from messaging.events import new_id
from messaging.models import InboxEntry, OutboxMessage
from orders.models import Order, TimelineEntry
from tests.integration.audit.corruptions.table import NONE, corruption

SEALED = "invoice_is_as_it_was_issued"


@corruption("confirmed_order_invoiced_or_in_flight", waiting_limit=NONE)
def _a_confirmed_order_whose_event_was_lost(shop, sql):
    shop.settle()
    shop.confirm(MUG=1)
    OutboxMessage.objects.all().delete()


@corruption("confirmed_order_invoiced_or_in_flight", "order_timeline_tells_what_happened", waiting_limit=NONE)
def _a_confirmed_order_whose_event_and_timeline_were_lost(shop, sql):
    """Nothing tells when it was confirmed."""
    shop.settle()
    TimelineEntry.objects.filter(order=shop.confirm(MUG=1)).delete()
    OutboxMessage.objects.all().delete()


@corruption(
    "confirmed_order_invoiced_or_in_flight",
    "order_status_agrees_with_reservation_decision",
    "order_timeline_tells_what_happened",
    "reservations_are_the_orders_lines",
    "reservations_stand_in_the_ledger",
    "stock_reserved_is_the_sum_of_reservations",
    waiting_limit=NONE,
)
def _a_confirmed_order_of_which_nothing_else_is_left(shop, sql):
    """With the decision on it, too: the words for it were NULL, and the report a traceback."""
    shop.settle()
    order = shop.confirm(MUG=1)
    TimelineEntry.objects.filter(order=order).delete()
    sql(f"DELETE FROM inventory_reservation WHERE answer_id = '{order.pk}'")
    sql(f"DELETE FROM inventory_stockanswer WHERE order_id = '{order.pk}'")
    OutboxMessage.objects.all().delete()


@corruption("invoice_once_an_order")
def _an_order_billed_twice(shop, sql):
    sql("ALTER TABLE invoicing_invoice DROP CONSTRAINT invoice_once_per_order")
    _issue_a_copy(shop)


@corruption("invoice_only_of_a_confirmed_order")
def _an_invoice_without_an_order(shop, sql):
    _issue_a_copy(shop, order_id=new_id())


@corruption("invoice_is_a_copy_of_its_order", SEALED)
def _an_invoice_to_another_customer(shop, sql):
    _change(shop, sql, "customer_id = 'C-2'")


@corruption("invoice_lines_are_those_of_its_order", SEALED)
def _an_invoice_with_another_line(shop, sql):
    _change(shop, sql, "lines = jsonb_set(lines, '{0,name}', '\"Cup\"')")


@corruption("invoice_taxes_are_those_of_its_order", SEALED)
def _an_invoice_with_another_tax(shop, sql):
    _change(shop, sql, "taxes = jsonb_set(taxes, '{0,tax}', '\"9.99\"')")


# --- sealed -----------------------------------------------------------------------------------------------------------


@corruption(SEALED)
def _the_first_invoice_by_another_issuer(shop, sql):
    """Nobody knows who issued before it."""
    _change(shop, sql, "issuer = jsonb_set(issuer, '{name}', '\"Somebody Else Ltd\"')")


@corruption(SEALED, "documents_have_their_fields_and_no_others")
def _an_invoice_whose_issuer_says_more(shop, sql):
    _change(shop, sql, 'issuer = issuer || \'{"fax": "1"}\'')


@corruption(SEALED, "documents_have_their_fields_and_no_others", "invoice_is_a_copy_of_its_order")
def _an_invoice_with_more_of_an_address(shop, sql):
    _change(shop, sql, 'bill_to = bill_to || \'{"street": "1 Road"}\'')


@corruption(SEALED, "documents_have_their_fields_and_no_others")
def _an_invoice_whose_line_says_more(shop, sql):
    _change(shop, sql, "lines = jsonb_set(lines, '{0,discount}', '\"100 %%\"')")


@corruption(SEALED, "invoice_is_a_copy_of_its_order")
def _an_invoice_whose_goods_went_elsewhere(shop, sql):
    ada = '{"name": "Ada", "lines": ["1 Road"], "city": "Leeds", "country": "GB"}'
    _change(shop, sql, f"ship_to = '{ada}'")


@corruption(SEALED, "document_number_says_where_it_stands")
def _an_invoice_due_on_another_day(shop, sql):
    _change(shop, sql, "due_date = due_date + 1")


@corruption(SEALED, "document_number_says_where_it_stands")
def _an_invoice_with_other_terms(shop, sql):
    _change(shop, sql, "payment_days = 0")


@corruption(SEALED)
def _an_invoice_that_was_never_due(shop, sql):
    _change(shop, sql, "due_date = NULL")


@corruption(SEALED)
def _an_invoice_of_another_time_zone(shop, sql):
    """One that has the same date: nothing but the seal tells."""
    _change(shop, sql, "time_zone = 'Etc/UTC'")


@corruption(SEALED, "invoice_lines_are_those_of_its_order")
def _an_invoice_in_other_units(shop, sql):
    _change(shop, sql, "lines = jsonb_set(lines, '{0,unit_code}', '\"KGM\"')")


@corruption(SEALED)
def _an_invoice_of_a_second_later(shop, sql):
    """No clock would be suspected of it."""
    _change(shop, sql, "issued_at = issued_at + interval '1 second'")


@corruption(SEALED)
def _an_invoice_without_its_seal(shop, sql):
    sql("DELETE FROM operations_invoiceseal WHERE number = %s", shop.invoiced[0].invoice_number)


@corruption("issued_invoice_is_there", "order_timeline_tells_what_happened")
def _an_invoice_that_was_deleted_with_its_number(shop, sql):
    """The last one; the counter and the order know nothing of it any more, and the event waits to be handled."""
    last = max(shop.invoiced, key=lambda order: order.invoice_number)
    sql("DELETE FROM invoicing_invoice WHERE number = %s", last.invoice_number)
    sql("UPDATE invoicing_invoicecounter SET last = last - 1")
    Order.objects.filter(pk=last.pk).update(invoice_number="")


# --- numbers ----------------------------------------------------------------------------------------------------------


# odoo/odoo#11859: numbers were left out from one day to the next.
@corruption("document_numbers_without_gap", SEALED, "issued_invoice_is_there")
def _a_number_left_out(shop, sql):
    last = Invoice.objects.order_by("sequence").last()
    number = f"{last.series}-{last.year}-{last.sequence + 1:06}"
    sql("UPDATE invoicing_invoice SET number = %s, sequence = sequence + 1 WHERE number = %s", number, last.number)
    InvoiceCounter.objects.update(last=last.sequence + 1)
    _show(last.number, number)


@corruption("document_numbers_without_gap", SEALED, "document_number_says_where_it_stands")
def _two_invoices_of_one_place(shop, sql):
    sql("ALTER TABLE invoicing_invoice DROP CONSTRAINT invoice_sequence_once")
    sql("UPDATE invoicing_invoice SET sequence = 1")
    InvoiceCounter.objects.update(last=1)


@corruption("document_number_says_where_it_stands", SEALED, "issued_invoice_is_there")
def _a_number_of_another_kind(shop, sql):
    _change(shop, sql, "number = 'X-1'")
    _show(shop.invoiced[0].invoice_number, "X-1")


# OCA/account-financial-tools#1222: an invoice dated before the one with the number before it.
@corruption("document_times_follow_their_numbers", SEALED, "order_steps_follow_each_other")
def _an_invoice_of_before_the_one_before_it(shop, sql):
    first, second = Invoice.objects.order_by("sequence")
    earlier = first.issued_at - timedelta(minutes=1)
    sql("UPDATE invoicing_invoice SET issued_at = %s WHERE number = %s", earlier, second.number)


@corruption("document_counter_is_at_the_last_number")
def _a_counter_that_is_ahead(shop, sql):
    sql("UPDATE invoicing_invoicecounter SET last = last + 1")


# --- shown ------------------------------------------------------------------------------------------------------------


@corruption("order_shows_its_own_invoice")
def _an_order_that_shows_the_invoice_of_another(shop, sql):
    one, other = shop.invoiced
    Order.objects.filter(pk=one.pk).update(invoice_number=other.invoice_number)
    TimelineEntry.objects.filter(order=one, event="invoice.issued.v1").update(detail={"number": other.invoice_number})


@corruption("invoice_reached_order_in_time", waiting_limit=NONE)
def _an_order_that_never_heard_of_its_invoice(shop, sql):
    shop.settle()
    Order.objects.filter(pk=shop.invoiced[0].pk).update(invoice_number="")
    TimelineEntry.objects.filter(order=shop.invoiced[0], event="invoice.issued.v1").delete()


def _change(shop, sql, assignment: str) -> None:
    sql(f"UPDATE invoicing_invoice SET {assignment} WHERE number = %s", shop.invoiced[0].invoice_number)


def _show(number: str, other: str) -> None:
    """Have everything that tells of an invoice tell another number."""
    Order.objects.filter(invoice_number=number).update(invoice_number=other)
    TimelineEntry.objects.filter(detail={"number": number}).update(detail={"number": other})


def _issue_a_copy(shop, **changes) -> None:
    """A further invoice under the next number, its event received, with the content of another."""
    copied = Invoice.objects.filter(number=shop.invoiced[0].invoice_number).values().get()
    sequence = InvoiceCounter.objects.get().last + 1
    number = f"{copied['series']}-{copied['year']}-{sequence:06}"
    copy = Invoice.objects.create(**copied | {"number": number, "sequence": sequence} | changes)
    InvoiceCounter.objects.update(last=sequence)
    InboxEntry.objects.create(consumer="invoicing", event_id=new_id(), key=copy.order_id)
