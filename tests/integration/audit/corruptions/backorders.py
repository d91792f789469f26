"""Corruptions of orders that wait for stock, and of their queue."""

from inventory.models import BackorderLine, ReservationDecision, StockItem, StockMovement
from orders.models import Order, TimelineEntry
from tests.integration.audit.corruptions.table import corruption

QUEUE = "the_queue_is_who_waits"
LEVEL = "stock_backordered_is_the_sum_of_the_queue"


def waiting(shop) -> Order:
    """An order of eleven pins, of which there are seven left."""
    shop.place(PIN=3)
    shop.settle()
    order = shop.store(shop.draft({"PIN": 11}, allow_backorder=True))
    shop.settle()
    order.refresh_from_db()
    assert order.status == "backordered"
    return order


@corruption("order_waits_as_stock_decided")
def _an_order_that_shows_another_shortage(shop, sql):
    order = waiting(shop)
    shortages = [order.shortages[0] | {"available": 6}]
    Order.objects.filter(pk=order.pk).update(shortages=shortages)
    entries = TimelineEntry.objects.filter(order=order, event="order.backordered.v1")
    assert entries.update(detail={"shortages": shortages}) == 1


@corruption("order_waits_as_stock_decided", "order_timeline_tells_what_happened")
def _an_order_that_waits_and_does_not_say_for_what(shop, sql):
    Order.objects.filter(pk=waiting(shop).pk).update(shortages=None)


@corruption(QUEUE, LEVEL)
def _an_order_that_fell_out_of_the_queue(shop, sql):
    assert BackorderLine.objects.filter(decision=waiting(shop).pk).delete()[0] == 1


@corruption(QUEUE, LEVEL)
def _an_order_that_waits_for_more_than_it_asks(shop, sql):
    assert BackorderLine.objects.filter(decision=waiting(shop).pk).update(quantity=12) == 1


@corruption(QUEUE)
def _an_order_that_waits_in_the_queue_though_it_was_rejected(shop, sql):
    order = waiting(shop)
    ReservationDecision.objects.filter(pk=order.pk).update(outcome="rejected")


@corruption(LEVEL, "stock_levels_are_the_sums_of_the_ledger")
def _a_level_that_more_orders_wait_for_than_there_are(shop, sql):
    waiting(shop)
    assert StockItem.objects.filter(sku="PIN").update(backordered=12) == 1


@corruption("who_waits_is_not_overtaken", "shortages_stand_in_the_ledger")
def _an_order_that_was_served_before_one_that_waited(shop, sql):
    order = waiting(shop)
    first = StockMovement.objects.filter(sku="PIN", kind="reservation").earliest("pk")
    sql("UPDATE inventory_stockmovement SET id = -id WHERE sku = 'PIN' AND id < %s", first.pk)
    sql("UPDATE inventory_stockmovement SET id = 0 WHERE order_id = %s", order.pk)
