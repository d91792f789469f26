"""Corruptions of timelines and times."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from msgspec.structs import replace

from inventory.models import ReservationDecision
from orders.models import Order, TimelineEntry
from tests.integration.audit.corruptions.table import corruption

HOUR = timedelta(hours=1)


@corruption("order_timeline_tells_what_happened")
def _an_order_whose_timeline_was_cut(shop, sql):
    TimelineEntry.objects.filter(order=shop.confirmed).delete()


@corruption("order_timeline_tells_what_happened")
def _a_timeline_with_the_invoice_of_another_order(shop, sql):
    one, other = shop.invoiced
    entries = TimelineEntry.objects.filter(order=one, event="invoice.issued.v1")
    assert entries.update(detail={"number": other.invoice_number}) == 1


@corruption("order_timeline_tells_what_happened")
def _a_timeline_that_tells_of_something_unheard_of(shop, sql):
    TimelineEntry.objects.filter(order=shop.confirmed).update(event="order.refunded.v1")


@corruption("order_timeline_is_in_order")
def _a_timeline_in_another_order(shop, sql):
    sql(
        "UPDATE orders_timelineentry SET id = -id WHERE order_id = %s AND event = 'invoice.issued.v1'",
        shop.invoiced[0].pk,
    )


@corruption("order_timeline_tells_what_happened")
def _a_timeline_that_shows_another_shortage(shop, sql):
    TimelineEntry.objects.filter(order=shop.rejected).update(detail={"reason": "insufficient_stock", "shortages": []})


@corruption("order_steps_follow_each_other")
def _a_timeline_entry_of_before_the_order(shop, sql):
    TimelineEntry.objects.filter(order=shop.confirmed).update(at=timezone.now() - HOUR)


@corruption("order_steps_follow_each_other")
def _an_answer_of_before_the_order(shop, sql):
    ReservationDecision.objects.filter(order_id=shop.confirmed.pk).update(at=timezone.now() - HOUR)


@corruption("order_placed_when_its_id_was_made", "order_is_as_it_was_accepted")
def _an_order_that_was_placed_ten_years_ago(shop, sql):
    placed_at = shop.rejected.placed_at - timedelta(days=3650)
    Order.objects.filter(pk=shop.rejected.pk).update(placed_at=placed_at)


@corruption("order_times_are_past", "order_placed_when_its_id_was_made")
def _an_order_with_an_id_of_a_clock_a_year_ahead(shop, sql):
    """It waits for its answer, which it would not be due to have for a year."""
    _store(shop, timezone.now() + timedelta(days=365), placed_at=timezone.now())


@corruption("order_times_are_past", "order_placed_when_its_id_was_made", "order_answered_or_in_flight")
def _an_order_that_got_stuck_with_an_id_of_a_clock_a_year_ahead(shop, sql):
    order = _store(shop, timezone.now() + timedelta(days=365), placed_at=timezone.now() - HOUR)
    sql("DELETE FROM messaging_outboxmessage WHERE key = %s", str(order.pk))


@corruption("order_times_are_past", "order_steps_follow_each_other")
def _an_answer_in_the_future(shop, sql):
    """The order would have time until then to hear of it."""
    shop.deliver("inventory")
    ReservationDecision.objects.filter(order_id=shop.placed.pk).update(at=timezone.now() + HOUR)


@corruption("order_times_are_past")
def _a_timeline_entry_in_the_future(shop, sql):
    TimelineEntry.objects.filter(order=shop.confirmed).update(at=datetime(2100, 1, 1, tzinfo=UTC))


def _store(shop, made_at, *, placed_at) -> Order:
    draft = shop.draft({"MUG": 1})
    made = int(made_at.timestamp() * 1000) << 80
    order_id = UUID(int=made | draft.id.int & (1 << 80) - 1)
    return shop.store(replace(draft, order=replace(draft.order, order_id=order_id, placed_at=placed_at)))
