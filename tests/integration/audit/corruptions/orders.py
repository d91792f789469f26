"""Corruptions of orders."""

from datetime import timedelta
from decimal import Decimal

from messaging.models import OutboxMessage
from orders.models import Order, OrderLine, TimelineEntry
from tests.integration.audit.corruptions.table import NONE, corruption

# --- amounts ----------------------------------------------------------------------------------------------------------


@corruption("order_has_its_lines", "order_is_as_it_was_accepted", "outbox_tells_what_is_so")
def _an_order_whose_lines_were_deleted(shop, sql):
    order = shop.place(MUG=1)
    OrderLine.objects.filter(order=order).delete()
    Order.objects.filter(pk=order.pk).update(net=0, tax=0, total=0, taxes=[])


@corruption("order_has_its_lines", "order_is_as_it_was_accepted")
def _an_order_whose_lines_are_numbered_from_eleven(shop, sql):
    sql("UPDATE orders_orderline SET line_no = line_no + 10 WHERE order_id = %s", shop.rejected.pk)


@corruption("line_net_is_quantity_times_price", "order_is_as_it_was_accepted")
def _a_line_whose_price_was_changed(shop, sql):
    sql("UPDATE orders_orderline SET unit_price = unit_price + 1 WHERE order_id = %s AND line_no = 1", shop.rejected.pk)


@corruption("line_net_is_quantity_times_price", "order_taxes_are_those_of_its_lines")
def _an_order_that_was_rounded_to_mills(shop, sql):
    """All amounts agree with each other, in decimals that its currency does not have."""
    order = shop.place(PIN=3)
    assert (order.net, order.tax) == (Decimal("1.01"), Decimal("0.20"))
    OutboxMessage.objects.filter(key=order.pk).delete()
    OrderLine.objects.filter(order=order).update(net="1.005")
    taxes = [{"rate": "0.2", "net": "1.005", "tax": "0.201"}]
    Order.objects.filter(pk=order.pk).update(net="1.005", tax="0.201", total="1.206", taxes=taxes)


@corruption("order_net_is_the_sum_of_its_lines")
def _an_order_with_another_net(shop, sql):
    sql("UPDATE orders_order SET net = net + 1, total = total + 1 WHERE id = %s", shop.rejected.pk)


@corruption("order_taxes_are_those_of_its_lines")
def _a_penny_of_tax_under_another_rate(shop, sql):
    first, second = shop.rejected.taxes
    assert (first["tax"], second["tax"]) == ("0.50", "6.38")
    taxes = [first | {"tax": "0.51"}, second | {"tax": "6.37"}]
    Order.objects.filter(pk=shop.rejected.pk).update(taxes=taxes)


@corruption("order_taxes_are_those_of_its_lines")
def _a_tax_that_is_listed_twice(shop, sql):
    order = shop.rejected
    tax = order.tax + Decimal(order.taxes[0]["tax"])
    taxes = [order.taxes[0], *order.taxes]
    Order.objects.filter(pk=order.pk).update(taxes=taxes, tax=tax, total=order.net + tax)


@corruption("order_tax_is_the_sum_of_its_taxes")
def _an_order_with_another_tax(shop, sql):
    sql("UPDATE orders_order SET tax = tax + 1, total = total + 1 WHERE id = %s", shop.rejected.pk)


@corruption("order_total_is_net_plus_tax")
def _an_order_with_another_total(shop, sql):
    sql("ALTER TABLE orders_order DROP CONSTRAINT order_total_is_net_plus_tax")
    sql("UPDATE orders_order SET total = total + 1 WHERE id = %s", shop.rejected.pk)


@corruption(
    "order_taxes_are_those_of_its_lines",
    "order_tax_is_the_sum_of_its_taxes",
    "documents_have_their_fields_and_no_others",
)
def _taxes_that_are_no_amounts(shop, sql):
    """The audit says what it can't read, and goes on."""
    Order.objects.filter(pk=shop.rejected.pk).update(taxes=[{"rate": "much", "net": "", "tax": "NaNa", "also": 1}])


# --- what was accepted ------------------------------------------------------------------------------------------------
# A rejected order has no invoice to be compared with, and this one was placed without a key.


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_of_another_client(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(client_id=shop.client_id + 1)


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_of_another_customer(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(customer_id="C-2")


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_in_another_currency(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(currency="EUR")


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_at_ten_times_its_prices(shop, sql):
    order = shop.rejected
    sql("UPDATE orders_orderline SET unit_price = unit_price * 10, net = net * 10 WHERE order_id = %s", order.pk)
    taxes = [part | {"net": _ten(part["net"]), "tax": _ten(part["tax"])} for part in order.taxes]
    exact = sum(Decimal(part["net"]) * Decimal(part["rate"]) for part in taxes)
    taxes[1]["tax"] = str(exact - Decimal(taxes[0]["tax"]))
    order.net, order.tax = order.net * 10, exact
    order.taxes, order.total = taxes, order.net + exact
    order.save()


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_in_other_units(shop, sql):
    OrderLine.objects.filter(order=shop.rejected, line_no=1).update(unit_code="KGM")


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_to_somebody_else(shop, sql):
    ada = {"name": "Ada", "lines": ["1 Road"], "city": "Leeds", "country": "GB"}
    Order.objects.filter(pk=shop.rejected.pk).update(bill_to=ada)


@corruption("order_is_as_it_was_accepted", "documents_have_their_fields_and_no_others")
def _a_rejected_order_to_nowhere(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(ship_to={"name": "Ada"})


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_with_another_reason_of_its_tax(shop, sql):
    order = shop.rejected
    order.taxes[0]["reason"] = "Because I say so"
    order.save()


@corruption("order_taxes_are_those_of_its_lines", "order_is_as_it_was_accepted")
def _a_rejected_order_of_another_tax_category(shop, sql):
    sql("ALTER TABLE orders_orderline DROP CONSTRAINT order_line_tax_category_known")
    OrderLine.objects.filter(order=shop.rejected, line_no=1).update(tax_category="K")


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_under_another_reference(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(reference="PO-2")


@corruption("order_is_as_it_was_accepted")
def _a_rejected_order_that_may_wait_for_stock(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(allow_backorder=True)


@corruption("order_is_as_it_was_accepted")
def _a_line_under_another_name(shop, sql):
    sql("UPDATE orders_orderline SET name = 'Cup' WHERE order_id = %s AND line_no = 1", shop.rejected.pk)


@corruption("order_is_as_it_was_accepted")
def _an_order_that_says_it_was_imported_long_ago(shop, sql):
    """So that its time need not be that of its id."""
    placed_at = shop.rejected.placed_at - timedelta(days=3650)
    Order.objects.filter(pk=shop.rejected.pk).update(source="import", placed_at=placed_at)


@corruption("order_is_as_it_was_accepted")
def _an_order_whose_digest_was_deleted(shop, sql):
    Order.objects.filter(pk=shop.rejected.pk).update(digest="")


@corruption("rows_have_their_order", "reservation_decision_once_an_order", "order_taxes_are_those_of_its_lines")
def _an_order_that_was_deleted_but_for_its_lines(shop, sql):
    sql("DELETE FROM orders_order WHERE id = %s", shop.rejected.pk)


# --- on its way -------------------------------------------------------------------------------------------------------


@corruption("order_answered_or_in_flight", waiting_limit=NONE)
def _an_order_whose_event_was_lost(shop, sql):
    shop.settle()
    shop.place(MUG=1)
    OutboxMessage.objects.all().delete()


@corruption("reservation_decision_reached_order_in_time", waiting_limit=NONE)
def _an_order_whose_answer_was_lost(shop, sql):
    shop.settle()
    shop.place(MUG=1)
    shop.deliver("inventory")
    OutboxMessage.objects.all().delete()


@corruption("order_status_agrees_with_reservation_decision")
def _an_order_that_was_rejected_although_its_stock_is_reserved(shop, sql):
    rejection = {"reason": "insufficient_stock", "shortages": []}
    shop.settle()
    order = shop.confirm(MUG=1)
    OutboxMessage.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(status="rejected", rejection=rejection)
    TimelineEntry.objects.filter(order=order).update(event="order.rejected.v1", detail=rejection)


@corruption("order_rejection_is_its_reservation_decision")
def _an_order_that_shows_another_shortage(shop, sql):
    shop.rejected.rejection["shortages"][0]["available"] = 1
    _show(shop.rejected)


@corruption("order_rejection_is_its_reservation_decision")
def _an_order_that_was_rejected_for_another_reason(shop, sql):
    shop.rejected.rejection["reason"] = "unpaid"
    _show(shop.rejected)


@corruption("documents_have_their_fields_and_no_others")
def _taxes_that_say_more_than_they_should(shop, sql):
    taxes = [part | {"note": "x"} for part in shop.rejected.taxes]
    Order.objects.filter(pk=shop.rejected.pk).update(taxes=taxes)


def _show(order):
    order.save()
    TimelineEntry.objects.filter(order=order).update(detail=order.rejection)


def _ten(amount: str) -> str:
    return str(Decimal(amount) * 10)
