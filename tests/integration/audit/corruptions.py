"""For each check, the one way to break the database that this check, and no other, must see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inventory.models import StockAnswer, StockItem
from invoicing.models import Invoice, InvoiceCounter
from messaging.events import new_id
from messaging.models import InboxEntry, OutboxMessage
from orders.models import Order, OrderLine, TimelineEntry

Sql = Callable[..., None]
FIVE_MINUTES = timedelta(minutes=5)
NONE = timedelta(seconds=-1)  # so that what began to wait a moment ago has waited too long


@dataclass(frozen=True)
class Corruption:
    """What is done to a healthy shop, and how long something may wait there."""

    break_it: Callable[[Any, Sql], None]
    waiting_limit: timedelta = FIVE_MINUTES


CORRUPTIONS: dict[str, Corruption] = {}


def corruption(check: str, waiting_limit: timedelta = FIVE_MINUTES):
    def register(break_it):
        CORRUPTIONS[check] = Corruption(break_it, waiting_limit)
        return break_it

    return register


# --- orders -----------------------------------------------------------------------------------------------------------


@corruption("order_has_its_lines")
def _an_order_without_lines(shop, sql):
    Order.objects.create(
        client_id=shop.client_id,
        customer_id="C",
        currency="GBP",
        net=0,
        tax=0,
        total=0,
        taxes=[],
        placed_at=timezone.now(),
    )


@corruption("line_net_is_quantity_times_price")
def _a_line_whose_price_was_changed(shop, sql):
    sql("UPDATE orders_orderline SET unit_price = unit_price + 1 WHERE order_id = %s AND line_no = 1", shop.placed.pk)


@corruption("order_net_is_the_sum_of_its_lines")
def _an_order_with_another_net(shop, sql):
    sql("UPDATE orders_order SET net = net + 1, total = total + 1 WHERE id = %s", shop.placed.pk)


@corruption("order_taxes_are_those_of_its_lines")
def _a_penny_of_tax_under_another_rate(shop, sql):
    first, second = shop.placed.taxes
    taxes = [first | {"tax": "1.01"}, second | {"tax": "0.24"}]
    assert (first["tax"], second["tax"]) == ("1.00", "0.25")
    Order.objects.filter(pk=shop.placed.pk).update(taxes=taxes)


@corruption("order_tax_is_the_sum_of_its_taxes")
def _an_order_with_another_tax(shop, sql):
    sql("UPDATE orders_order SET tax = tax + 1, total = total + 1 WHERE id = %s", shop.placed.pk)


@corruption("order_total_is_net_plus_tax")
def _an_order_with_another_total(shop, sql):
    sql("ALTER TABLE orders_order DROP CONSTRAINT order_total_is_net_plus_tax")
    sql("UPDATE orders_order SET total = total + 1 WHERE id = %s", shop.placed.pk)


@corruption("order_answered_or_in_flight", NONE)
def _an_order_whose_event_was_lost(shop, sql):
    shop.settle()
    shop.place(MUG=1)
    OutboxMessage.objects.all().delete()


@corruption("stock_answer_reached_order_in_time", NONE)
def _an_order_whose_answer_was_lost(shop, sql):
    shop.settle()
    shop.place(MUG=1)
    shop.deliver("inventory")
    OutboxMessage.objects.all().delete()


@corruption("order_status_agrees_with_stock_answer")
def _an_order_that_was_rejected_although_its_stock_is_reserved(shop, sql):
    rejection = {"reason": "insufficient_stock", "shortages": []}
    Order.objects.filter(pk=shop.confirmed.pk).update(status="rejected", rejection=rejection)
    TimelineEntry.objects.filter(order=shop.confirmed).update(event="order.rejected.v1")


@corruption("order_rejection_is_its_stock_answer")
def _an_order_that_shows_another_shortage(shop, sql):
    shop.rejected.rejection["shortages"][0]["available"] = 1
    shop.rejected.save()


@corruption("order_timeline_tells_what_happened")
def _an_order_whose_timeline_was_cut(shop, sql):
    TimelineEntry.objects.filter(order=shop.confirmed).delete()


# --- stock ------------------------------------------------------------------------------------------------------------


@corruption("stock_answer_once_an_order")
def _an_answer_to_nobody(shop, sql):
    nobody = StockAnswer.objects.create(order_id=new_id(), outcome="reserved", shortages=[])
    InboxEntry.objects.create(consumer="inventory", event_id=new_id(), key=nobody.order_id)


@corruption("shortages_say_what_was_asked")
def _a_shortage_of_another_quantity(shop, sql):
    shortages = shop.rejected.rejection["shortages"]
    shortages[0]["asked"] += 1
    StockAnswer.objects.filter(order_id=shop.rejected.pk).update(shortages=shortages)
    shop.rejected.save()


@corruption("reservations_are_the_orders_lines")
def _an_order_that_asks_for_more_than_it_holds(shop, sql):
    lines = OrderLine.objects.filter(order=shop.confirmed, sku="MUG", quantity=2)
    assert lines.update(quantity=4, unit_price="1.25") == 1


@corruption("reservations_stand_in_the_ledger")
def _a_movement_that_names_another_order(shop, sql):
    one, other = shop.invoiced
    sql("UPDATE inventory_stockmovement SET order_id = %s WHERE order_id = %s AND sku = 'MUG'", other.pk, one.pk)


@corruption("stock_reserved_is_the_sum_of_reservations")
def _a_unit_that_is_reserved_for_nobody(shop, sql):
    sql("ALTER TABLE inventory_stockmovement DROP CONSTRAINT stock_movement_moves_what_its_kind_says")
    sql(
        "INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, note, actor)"
        " VALUES ('MUG', 'adjustment', 0, 1, '', '')"
    )
    sql("UPDATE inventory_stockitem SET reserved = reserved + 1 WHERE sku = 'MUG'")


@corruption("stock_levels_are_the_sums_of_the_ledger")
def _a_level_without_a_movement(shop, sql):
    sql("UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE sku = 'MUG'")


@corruption("stock_reserved_within_on_hand")
def _an_oversold_sku(shop, sql):
    sql("ALTER TABLE inventory_stockitem DROP CONSTRAINT stock_reserved_0_to_on_hand")
    on_hand = StockItem.objects.get(sku="MUG").on_hand
    sql(
        "INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, note, actor)"
        " VALUES ('MUG', 'adjustment', %s, 0, '', '')",
        -on_hand,
    )
    sql("UPDATE inventory_stockitem SET on_hand = 0 WHERE sku = 'MUG'")


# --- invoices ---------------------------------------------------------------------------------------------------------


@corruption("confirmed_order_invoiced_or_in_flight", NONE)
def _a_confirmed_order_whose_event_was_lost(shop, sql):
    shop.settle()
    shop.confirm(MUG=1)
    OutboxMessage.objects.all().delete()


@corruption("invoice_once_an_order")
def _an_order_billed_twice(shop, sql):
    sql("ALTER TABLE invoicing_invoice DROP CONSTRAINT invoice_once_per_order")
    _issue_a_copy(shop)


@corruption("invoice_only_of_a_confirmed_order")
def _an_invoice_without_an_order(shop, sql):
    _issue_a_copy(shop, order_id=new_id())


@corruption("invoice_is_a_copy_of_its_order")
def _an_invoice_to_another_customer(shop, sql):
    sql("UPDATE invoicing_invoice SET customer_id = 'C-2' WHERE number = %s", shop.invoiced[0].invoice_number)


@corruption("invoice_lines_are_those_of_its_order")
def _an_invoice_with_another_line(shop, sql):
    sql(
        "UPDATE invoicing_invoice SET lines = jsonb_set(lines, '{0,name}', '\"Cup\"') WHERE number = %s",
        shop.invoiced[0].invoice_number,
    )


@corruption("invoice_taxes_are_those_of_its_order")
def _an_invoice_with_another_tax(shop, sql):
    sql(
        "UPDATE invoicing_invoice SET taxes = jsonb_set(taxes, '{0,tax}', '\"9.99\"') WHERE number = %s",
        shop.invoiced[0].invoice_number,
    )


@corruption("invoice_numbers_without_gap")
def _a_number_left_out(shop, sql):
    last = Invoice.objects.order_by("sequence").last()
    number = f"{last.series}-{last.year}-{last.sequence + 1:06}"
    sql("UPDATE invoicing_invoice SET number = %s, sequence = sequence + 1 WHERE number = %s", number, last.number)
    InvoiceCounter.objects.update(last=last.sequence + 1)
    Order.objects.filter(invoice_number=last.number).update(invoice_number=number)


@corruption("invoice_number_says_where_it_stands")
def _a_number_of_another_kind(shop, sql):
    sql("UPDATE invoicing_invoice SET number = 'X-1' WHERE number = %s", shop.invoiced[0].invoice_number)
    Order.objects.filter(pk=shop.invoiced[0].pk).update(invoice_number="X-1")


@corruption("invoice_counter_is_at_the_last_number")
def _a_counter_that_is_ahead(shop, sql):
    sql("UPDATE invoicing_invoicecounter SET last = last + 1")


@corruption("order_shows_its_own_invoice")
def _an_order_that_shows_the_invoice_of_another(shop, sql):
    one, other = shop.invoiced
    Order.objects.filter(pk=one.pk).update(invoice_number=other.invoice_number)


@corruption("invoice_reached_order_in_time", NONE)
def _an_order_that_never_heard_of_its_invoice(shop, sql):
    shop.settle()
    Order.objects.filter(pk=shop.invoiced[0].pk).update(invoice_number="")
    TimelineEntry.objects.filter(order=shop.invoiced[0], event="invoice.issued.v1").delete()


def _issue_a_copy(shop, **changes):
    """A further invoice under the next number, its event received, with the content of another."""
    copied = Invoice.objects.filter(number=shop.invoiced[0].invoice_number).values().get()
    sequence = InvoiceCounter.objects.get().last + 1
    number = f"{copied['series']}-{copied['year']}-{sequence:06}"
    copy = Invoice.objects.create(**copied | {"number": number, "sequence": sequence} | changes)
    InvoiceCounter.objects.update(last=sequence)
    InboxEntry.objects.create(consumer="invoicing", event_id=new_id(), key=copy.order_id)


# --- events -----------------------------------------------------------------------------------------------------------


@corruption("outbox_delivered_in_time")
def _an_event_that_nobody_sends(shop, sql):
    OutboxMessage.objects.filter(key=shop.placed.pk).update(created_at=timezone.now() - timedelta(hours=1))


@corruption("outbox_tells_of_orders_that_exist")
def _an_event_of_no_order(shop, sql):
    OutboxMessage.objects.filter(key=shop.confirmed.pk).update(key=str(new_id()))


@corruption("effects_have_their_inbox_rows")
def _an_invoice_for_no_event(shop, sql):
    """Although as many were received as were issued."""
    unheard_of, other = shop.invoiced
    InboxEntry.objects.filter(consumer="invoicing", key=unheard_of.pk).update(key=other.pk)
