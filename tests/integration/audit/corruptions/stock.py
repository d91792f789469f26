"""Corruptions of reservation decisions, reservations and the ledger."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from inventory.bookings import Booking
from inventory.models import ReservationDecision, StockItem, StockMovement
from inventory.services import book, take_stock
from inventory.valuation import UnitCost
from messaging.events import new_id
from messaging.models import InboxEntry
from orders.models import Order, OrderLine, TimelineEntry
from tests.integration.audit.corruptions.table import corruption

OVERSOLD = "stock_was_never_oversold"


@corruption("reservation_decision_once_an_order")
def _an_answer_to_nobody(shop, sql):
    nobody = ReservationDecision.objects.create(order_id=new_id(), outcome="reserved", shortages=[])
    InboxEntry.objects.create(consumer="inventory", event_id=new_id(), key=nobody.order_id)


@corruption("shortages_say_what_was_asked")
def _a_shortage_of_another_quantity(shop, sql):
    shortages = shop.rejected.rejection["shortages"]
    shortages[0]["asked"] += 1
    _answer(shop.rejected, shortages)


@corruption("shortages_say_what_was_asked")
def _a_shortage_that_is_named_twice(shop, sql):
    _answer(shop.rejected, 2 * shop.rejected.rejection["shortages"])


@corruption("documents_have_their_fields_and_no_others")
def _a_shortage_that_says_more(shop, sql):
    _answer(shop.rejected, [shop.rejected.rejection["shortages"][0] | {"until": "May"}])


@corruption("shortages_stand_in_the_ledger")
def _a_shortage_that_the_ledger_does_not_show(shop, sql):
    """There were 47."""
    _answer(shop.rejected, [shop.rejected.rejection["shortages"][0] | {"available": 12}])


@corruption("shortages_stand_in_the_ledger")
def _an_order_that_was_rejected_for_an_invented_shortage(shop, sql):
    """Nothing is left of its reservation, and the levels agree; but at its time there was enough."""
    shop.settle()
    order = Order.objects.get(pk=shop.placed.pk)
    for statement in (
        "DELETE FROM inventory_reservation WHERE answer_id = %s",
        "DELETE FROM inventory_stockmovement WHERE order_id = %s",
        "DELETE FROM invoicing_invoice WHERE order_id = %s",
        "DELETE FROM orders_timelineentry WHERE order_id = %s AND event = 'invoice.issued.v1'",
    ):
        sql(statement, order.pk)
    sql("DELETE FROM operations_invoiceseal WHERE number NOT IN (SELECT number FROM invoicing_invoice)")
    sql("UPDATE invoicing_invoicecounter SET last = (SELECT max(sequence) FROM invoicing_invoice)")
    sql("UPDATE inventory_stockitem SET reserved = reserved - 2 WHERE sku IN ('MUG', 'TEA')")
    order.rejection, order.status, order.invoice_number = {"reason": "insufficient_stock"}, "rejected", ""
    TimelineEntry.objects.filter(order=order).update(event="order.rejected.v1")
    _answer(order, [{"sku": "MUG", "asked": 2, "available": 0}], outcome="rejected")


@corruption("reservations_are_the_orders_lines", "order_is_as_it_was_accepted")
def _an_order_that_asks_for_more_than_it_holds(shop, sql):
    lines = OrderLine.objects.filter(order=shop.confirmed, sku="MUG", quantity=2)
    assert lines.update(quantity=4, unit_price="1.25") == 1


@corruption("reservations_stand_in_the_ledger", "reservations_are_the_orders_lines")
def _a_movement_that_names_another_order(shop, sql):
    one, other = shop.invoiced
    sql("UPDATE inventory_stockmovement SET order_id = %s WHERE order_id = %s AND sku = 'MUG'", other.pk, one.pk)


@corruption("stock_reserved_is_the_sum_of_reservations")
def _a_unit_that_is_reserved_for_nobody(shop, sql):
    sql("ALTER TABLE inventory_stockmovement DROP CONSTRAINT stock_movement_moves_what_its_kind_says")
    _book(sql, on_hand=0, reserved=1)
    sql("UPDATE inventory_stockitem SET reserved = reserved + 1 WHERE sku = 'MUG'")


@corruption("stock_levels_are_the_sums_of_the_ledger")
def _a_level_without_a_movement(shop, sql):
    sql("UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE sku = 'MUG'")


@corruption("stock_reserved_within_on_hand", OVERSOLD)
def _an_oversold_sku(shop, sql):
    sql("ALTER TABLE inventory_stockitem DROP CONSTRAINT stock_reserved_0_to_on_hand")
    _book(sql, on_hand=-StockItem.objects.get(sku="MUG").on_hand, reserved=0)
    sql("UPDATE inventory_stockitem SET on_hand = 0 WHERE sku = 'MUG'")


# frappe/erpnext#33936: a count dated back made stock negative in between, and only the end was looked at.
@corruption(OVERSOLD, "shortages_stand_in_the_ledger")
def _receipts_that_were_moved_behind_the_reservations(shop, sql):
    """Sold before it was there: the end is right."""
    sql("UPDATE inventory_stockmovement SET id = nextval('inventory_stockmovement_id_seq') WHERE kind = 'adjustment'")


@corruption("ledger_times_follow_each_other")
def _a_movement_of_last_year(shop, sql):
    sql("UPDATE inventory_stockmovement SET at = at - interval '1 year' WHERE id = %s", _counted(shop, sql))


@corruption("ledger_times_follow_each_other")
def _a_movement_in_the_future(shop, sql):
    sql("UPDATE inventory_stockmovement SET at = %s WHERE id = %s", _tomorrow(), _counted(shop, sql))


@corruption("adjustments_say_why")
def _an_adjustment_without_a_reason(shop, sql):
    sql("UPDATE inventory_stockmovement SET reason = '' WHERE kind = 'adjustment' AND sku = 'MUG'")


@corruption("stock_takes_end_at_what_was_counted")
def _a_count_that_the_level_is_not(shop, sql):
    take_stock(counts=[Booking(sku="MUG", kind="adjustment", counted=90, reason="stock_take")])
    sql("UPDATE inventory_stockmovement SET counted = 91 WHERE counted = 90")


# frappe/erpnext#54668: the average was the cost of the last receipt.
@corruption("average_costs_follow_from_receipts", "stock_costs_what_its_last_receipt_says")
def _an_average_that_forgets_what_was_there(shop, sql):
    _receive_at("2.00", "1.00")
    sql("UPDATE inventory_stockmovement SET average_cost = 1 WHERE unit_cost = 1")


@corruption("average_costs_follow_from_receipts", "stock_costs_what_its_last_receipt_says")
def _a_receipt_in_another_currency(shop, sql):
    _receive_at("2.00", "2.00")
    sql(
        "UPDATE inventory_stockmovement SET cost_currency = 'EUR'"
        " WHERE id = (SELECT max(id) FROM inventory_stockmovement)"
    )


@corruption("stock_costs_what_its_last_receipt_says")
def _a_stock_item_of_another_cost(shop, sql):
    _receive_at("2.00", "1.00")
    sql("UPDATE inventory_stockitem SET average_cost = 1 WHERE sku = 'MUG'")


@corruption("stock_costs_what_its_last_receipt_says")
def _a_cost_that_no_receipt_named(shop, sql):
    sql("UPDATE inventory_stockitem SET average_cost = 1, cost_currency = 'GBP' WHERE sku = 'MUG'")


def _receive_at(*costs: str) -> None:
    for cost in costs:
        book(booking=Booking(sku="MUG", kind="receipt", change=10, cost=UnitCost(Decimal(cost), "GBP")))


def _counted(shop, sql) -> int:
    """The id of a further movement, after all others of its sku."""
    _book(sql, on_hand=1, reserved=0)
    sql("UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE sku = 'MUG'")
    return StockMovement.objects.latest("id").pk


def _tomorrow():
    return timezone.now() + timedelta(days=1)


def _book(sql, *, on_hand: int, reserved: int) -> None:
    sql(
        "INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, reason, note, actor)"
        " VALUES ('MUG', 'adjustment', %s, %s, 'correction', '', '')",
        on_hand,
        reserved,
    )


def _answer(order, shortages, **changes):
    """Have everything that tells of a rejection tell the same."""
    ReservationDecision.objects.filter(order_id=order.pk).update(shortages=shortages, **changes)
    order.rejection = {**order.rejection, "shortages": shortages}
    order.save()
    TimelineEntry.objects.filter(order=order).update(detail=order.rejection)
