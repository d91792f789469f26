"""Corruptions of shipments, quantities and cancellations."""

from datetime import timedelta

from messaging.models import InboxEntry, OutboxMessage
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, OrderLine, TimelineEntry
from tests.integration.audit.corruptions.table import NONE, corruption

ANN = by_user("ann")
QUANTITIES = "order_status_agrees_with_its_quantities"
SENT = "sent_quantities_are_those_of_the_shipments"
TOLD = "order_timeline_tells_what_happened"
ISSUED = "shipments_are_issued_from_stock"
RELEASED = "cancelled_orders_are_released"
LEDGER = "reservations_stand_in_the_ledger"
EFFECTS = "effects_have_their_inbox_rows"


def in_parts(shop) -> Order:
    """An order of five mugs and a tea of which two mugs and then another were sent."""
    order = shop.confirm(MUG=5, TEA=1)
    for units in (2, 1):
        fulfil_order(order_id=order.pk, lines=[WantedLine(1, units)], tracking=f"T-{units}", cause=ANN)
    shop.settle()
    return order


def sent(shop) -> Order:
    order = in_parts(shop)
    fulfil_order(order_id=order.pk, cause=ANN)
    shop.settle()
    return order


def cancelled(shop) -> Order:
    order = shop.confirm(MUG=5, TEA=1)
    cancel_orders(order_ids=[order.pk], reason="no", cause=ANN)
    shop.settle()
    return order


@corruption(SENT)
def _a_line_of_which_more_was_sent_than_the_shipments_took(shop, sql):
    OrderLine.objects.filter(order=in_parts(shop), line_no=1).update(fulfilled_quantity=4)


# A second shipment of the same goods would be one that nobody counted.
@corruption(SENT, TOLD, ISSUED)
def _a_shipment_that_took_more_than_its_line_says(shop, sql):
    sql("UPDATE orders_shipmentline SET quantity = 3 WHERE shipment_id = %s", _first(in_parts(shop)))


@corruption(QUANTITIES, "last_shipment_completes_its_order")
def _an_order_that_was_closed_while_something_is_open(shop, sql):
    Order.objects.filter(pk=in_parts(shop).pk).update(status="fulfilled")


@corruption(QUANTITIES)
def _an_order_of_which_a_part_was_cancelled_by_nobody(shop, sql):
    OrderLine.objects.filter(order=in_parts(shop), line_no=1).update(cancelled_quantity=1)


@corruption(QUANTITIES, TOLD, RELEASED, "cancellation_reached_invoicing")
def _a_cancelled_order_of_which_a_unit_is_open(shop, sql):
    OrderLine.objects.filter(order=cancelled(shop), line_no=1).update(cancelled_quantity=4)


@corruption("last_shipment_completes_its_order", TOLD)
def _a_shipment_that_says_it_was_the_last(shop, sql):
    sql("UPDATE orders_shipment SET completes_order = true WHERE id = %s", _first(in_parts(shop)))


@corruption("last_shipment_completes_its_order", TOLD)
def _an_order_that_no_shipment_completed(shop, sql):
    sql("UPDATE orders_shipment SET completes_order = false WHERE order_id = %s", sent(shop).pk)


@corruption("shipment_lines_have_their_shipment", SENT, TOLD, ISSUED)
def _a_shipment_that_is_gone_but_for_its_lines(shop, sql):
    sql("DELETE FROM orders_shipment WHERE id = %s", _first(in_parts(shop)))


@corruption(TOLD)
def _a_shipment_that_the_timeline_does_not_tell(shop, sql):
    TimelineEntry.objects.filter(order=in_parts(shop), detail__tracking="T-1").delete()


@corruption(TOLD, "cancellation_reached_invoicing")
def _another_reason_for_a_cancellation(shop, sql):
    Order.objects.filter(pk=cancelled(shop).pk).update(cancellation_reason="yes")


@corruption("order_timeline_is_in_order")
def _a_shipment_that_is_told_before_an_earlier_one(shop, sql):
    sql(
        "UPDATE orders_timelineentry SET id = -id WHERE order_id = %s AND event LIKE '%%fulfilled%%'", in_parts(shop).pk
    )


@corruption("order_timeline_says_by_what")
def _a_cancellation_by_nobody(shop, sql):
    _cause(cancelled(shop), "order.cancelled.v1", cause_kind="", cause_id="")


@corruption("order_timeline_says_by_what")
def _a_confirmation_by_a_person(shop, sql):
    _cause(shop.confirmed, "order.confirmed.v1", cause_kind="user", cause_id="ann")


@corruption("order_timeline_says_by_what")
def _a_confirmation_by_the_event_of_another_order(shop, sql):
    other = TimelineEntry.objects.get(order=shop.invoiced[0], event="order.confirmed.v1")
    _cause(shop.confirmed, "order.confirmed.v1", cause_id=other.cause_id)


@corruption("order_steps_follow_each_other")
def _an_order_that_was_sent_before_it_was_confirmed(shop, sql):
    sql(
        "UPDATE orders_shipment SET shipped_at = shipped_at - %s WHERE id = %s",
        timedelta(hours=1),
        _first(in_parts(shop)),
    )


@corruption("order_steps_follow_each_other")
def _an_order_that_was_cancelled_before_it_was_confirmed(shop, sql):
    order = cancelled(shop)
    sql("UPDATE orders_order SET cancelled_at = cancelled_at - %s WHERE id = %s", timedelta(hours=1), order.pk)


@corruption("order_times_are_past")
def _a_shipment_of_tomorrow(shop, sql):
    order = sent(shop)
    sql("UPDATE orders_shipment SET shipped_at = shipped_at + %s WHERE order_id = %s", timedelta(days=1), order.pk)


@corruption("rows_have_their_order", "shipment_lines_have_their_shipment", SENT, TOLD, ISSUED)
def _a_shipment_of_no_order(shop, sql):
    first = _first(in_parts(shop))
    sql("UPDATE orders_shipment SET order_id = gen_random_uuid() WHERE id = %s", first)
    sql("UPDATE orders_shipmentline SET shipment_id = -shipment_id WHERE shipment_id = %s", first)


# --- what stock makes of it -------------------------------------------------------------------------------------------


@corruption(ISSUED, waiting_limit=NONE)
def _a_shipment_of_which_stock_never_heard(shop, sql):
    shop.settle()
    fulfil_order(order_id=shop.invoiced[0].pk, cause=ANN)
    OutboxMessage.objects.all().delete()


@corruption(ISSUED)
def _a_shipment_that_was_issued_under_the_number_of_another(shop, sql):
    sql(
        "UPDATE inventory_stockmovement SET reference = '9' || reference WHERE order_id = %s AND kind = 'issue'",
        sent(shop).pk,
    )


@corruption(RELEASED, LEDGER, "stock_levels_are_the_sums_of_the_ledger")
def _a_release_that_was_lost(shop, sql):
    sql(
        "DELETE FROM inventory_stockmovement WHERE order_id = %s AND kind = 'release' AND sku = 'TEA'",
        cancelled(shop).pk,
    )


def _forget_one_event(order: Order) -> None:
    """Delete one of several inbox entries of the inventory for an order."""
    received = InboxEntry.objects.filter(consumer="inventory", key=order.pk)
    assert received.count() > 1
    InboxEntry.objects.filter(event_id=received.latest("handled_at").event_id, consumer="inventory").delete()


@corruption(EFFECTS)
def _one_of_several_shipments_that_stock_never_heard_of(shop, sql):
    _forget_one_event(sent(shop))


@corruption(EFFECTS)
def _a_cancellation_that_stock_never_heard_of(shop, sql):
    _forget_one_event(cancelled(shop))


@corruption("only_cancelled_orders_are_decided_on_so")
def _an_order_that_stock_calls_cancelled(shop, sql):
    sql(
        "INSERT INTO messaging_inboxentry (consumer, event_id, key) VALUES ('inventory', gen_random_uuid(), %s)",
        shop.placed.pk,
    )
    sql(
        "INSERT INTO inventory_stockanswer (order_id, outcome, shortages) VALUES (%s, 'cancelled', '[]')",
        shop.placed.pk,
    )


def _first(order: Order) -> int:
    return order.shipments.earliest("pk").pk


def _cause(order: Order, event: str, **changes: str) -> None:
    assert TimelineEntry.objects.filter(order=order, event=event).update(**changes) == 1
