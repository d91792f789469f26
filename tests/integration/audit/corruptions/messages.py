"""Corruptions of the outbox, the inbox and dead letters."""

from datetime import timedelta

from django.utils import timezone

from messaging.events import new_id
from messaging.models import DeadLetter, InboxEntry, OutboxMessage, Replay
from operations.models import RetentionHorizon
from tests.integration.audit.corruptions.table import NONE, corruption
from tests.integration.audit.letters import dead_letter

TELLS = "outbox_tells_what_is_so"
EFFECTS = "effects_have_their_inbox_rows"
CAUSES = "order_timeline_says_by_what"


@corruption("outbox_delivered_in_time")
def _an_event_that_nobody_sends(shop, sql):
    OutboxMessage.objects.filter(key=shop.placed.pk).update(created_at=timezone.now() - timedelta(hours=1))


@corruption("outbox_tells_of_orders_that_exist")
def _an_event_of_no_order(shop, sql):
    nobody = str(new_id())
    sql("UPDATE messaging_outboxmessage SET key = %s WHERE key = %s", nobody, str(shop.confirmed.pk))


@corruption(TELLS)
def _an_event_with_another_total(shop, sql):
    _say(shop, sql, "{total}", "0.01")


@corruption(TELLS)
def _an_event_about_another_order(shop, sql):
    _say(shop, sql, "{order_id}", str(shop.confirmed.pk))


@corruption(TELLS)
def _an_event_that_is_no_json(shop, sql):
    OutboxMessage.objects.filter(key=shop.placed.pk).update(body="")


@corruption(TELLS)
def _an_event_on_another_topic(shop, sql):
    OutboxMessage.objects.filter(key=shop.placed.pk).update(topic="invoicing")


@corruption(TELLS)
def _an_event_of_an_unknown_type(shop, sql):
    OutboxMessage.objects.filter(key=shop.placed.pk).update(type="order.paid.v1")


@corruption("message_times_are_past")
def _an_event_in_the_future(shop, sql):
    """It would not be due for an hour."""
    OutboxMessage.objects.filter(key=shop.placed.pk).update(created_at=timezone.now() + timedelta(hours=1))


@corruption("message_times_are_past")
def _an_inbox_entry_in_the_future(shop, sql):
    InboxEntry.objects.filter(key=shop.confirmed.pk).update(handled_at=timezone.now() + timedelta(days=365))


@corruption("replays_count_what_they_did")
def _a_replay_that_says_it_did_more(shop, sql):
    replay = _replay(shop)
    sql("UPDATE messaging_replay SET replayed = 2, total = 2 WHERE id = %s", replay.pk)


@corruption("replays_count_what_they_did")
def _a_replay_whose_items_are_gone(shop, sql):
    sql("DELETE FROM messaging_replayitem WHERE replay_id = %s", _replay(shop).pk)


@corruption("replays_count_what_they_did")
def _a_dead_letter_that_was_replayed_and_is_open(shop, sql):
    _replay(shop)
    sql("UPDATE messaging_deadletter SET state = 'failed', resolved_at = NULL")


@corruption("message_times_are_past")
def _a_replay_in_the_future(shop, sql):
    Replay.objects.filter(pk=_replay(shop).pk).update(finished_at=timezone.now() + timedelta(hours=1))


# --- effects without a cause ------------------------------------------------------------------------------------------


@corruption(EFFECTS)
def _an_invoice_for_no_event(shop, sql):
    """Although as many were received as were issued."""
    unheard_of, other = shop.invoiced
    InboxEntry.objects.filter(consumer="invoicing", key=unheard_of.pk).update(key=other.pk)


@corruption(EFFECTS, "inbox_rows_know_their_key")
def _an_invoice_for_no_event_and_an_entry_without_a_key(shop, sql):
    """One such entry silenced the audit about its consumer."""
    InboxEntry.objects.filter(consumer="invoicing", key=shop.invoiced[0].pk).delete()
    InboxEntry.objects.create(consumer="invoicing", event_id=new_id())


@corruption("inbox_rows_know_their_key", EFFECTS, CAUSES)
def _an_entry_that_forgot_its_key(shop, sql):
    InboxEntry.objects.filter(consumer="orders", key=shop.rejected.pk).update(key="")


@corruption(EFFECTS, CAUSES)
def _all_that_a_consumer_received_was_deleted(shop, sql):
    """It is younger than anything that may be deleted."""
    InboxEntry.objects.all().delete()


# --- what a dead letter explains, and what it does not ----------------------------------------------------------------


@corruption("order_answered_or_in_flight", waiting_limit=NONE)
def _a_lost_event_of_whose_order_another_consumer_discarded_one(shop, sql):
    dead_letter(_lost(shop), consumer="invoicing", event_type="order.placed.v1", state="discarded")


@corruption("order_answered_or_in_flight", waiting_limit=NONE)
def _a_lost_event_of_whose_order_another_event_was_discarded(shop, sql):
    dead_letter(_lost(shop), consumer="inventory", event_type="stock.low.v1", state="discarded")


@corruption("order_answered_or_in_flight", waiting_limit=NONE)
def _a_lost_event_of_whose_order_another_event_waits(shop, sql):
    dead_letter(_lost(shop), consumer="orders", event_type="stock.reserved.v1", state="failed")


@corruption("order_answered_or_in_flight", "outbox_tells_what_is_so", waiting_limit=NONE)
def _a_lost_event_of_whose_order_another_event_is_parked(shop, sql):
    order = _lost(shop)
    OutboxMessage.objects.create(
        topic="invoicing", type="invoice.issued.v1", event_id=new_id(), key=order.pk, parked_at=timezone.now()
    )


@corruption("reservation_decision_reached_order_in_time", waiting_limit=NONE)
def _a_lost_answer_of_whose_order_the_placing_was_discarded(shop, sql):
    order = _lost(shop, "inventory")
    dead_letter(order, consumer="inventory", event_type="order.placed.v1", state="discarded")


@corruption("confirmed_order_invoiced_or_in_flight", waiting_limit=NONE)
def _a_lost_confirmation_of_whose_order_the_placing_was_discarded(shop, sql):
    order = _lost(shop, "inventory", "orders")
    dead_letter(order, consumer="invoicing", event_type="order.placed.v1", state="discarded")


@corruption("invoice_reached_order_in_time", waiting_limit=NONE)
def _a_lost_invoice_of_whose_order_the_answer_was_discarded(shop, sql):
    order = _lost(shop, "inventory", "orders", "invoicing")
    dead_letter(order, consumer="orders", event_type="stock.reserved.v1", state="discarded")


@corruption("discarded_dead_letter_says_who_and_why")
def _a_dead_letter_that_nobody_discarded(shop, sql):
    dead_letter(shop.confirmed, consumer="inventory", event_type="order.placed.v1", state="discarded")
    DeadLetter.objects.update(reason="", resolved_by="")


def _lost(shop, *consumers: str):
    """An order that these consumers have handled, and whose next event is lost."""
    shop.settle()
    order = shop.place(MUG=1)
    for consumer in consumers:
        shop.deliver(consumer)
    OutboxMessage.objects.all().delete()
    return order


def _say(shop, sql, path: str, value: str) -> None:
    sql(
        "UPDATE messaging_outboxmessage SET body = jsonb_set(body::jsonb, %s, to_jsonb(%s::text))::text WHERE key = %s",
        path,
        value,
        str(shop.placed.pk),
    )


@corruption("evidence_is_kept_for_a_week")
def _a_horizon_that_would_excuse_everything(shop, sql):
    now = timezone.now()
    RetentionHorizon.objects.create(kind="inbox", pruned_before=now - timedelta(days=1), pruned_at=now)


@corruption("evidence_is_kept_for_a_week")
def _a_horizon_that_was_moved(shop, sql):
    now = timezone.now()
    RetentionHorizon.objects.create(kind="timelines", pruned_before=now - timedelta(days=6), pruned_at=now)


def _replay(shop) -> Replay:
    """A replay of one dead letter, as it is when it is done."""
    letter = dead_letter(shop.invoiced[0], consumer="orders", event_type="order.low.v1", state="replayed")
    replay = Replay.objects.create(
        consumer="orders",
        chosen="all",
        by="ann",
        state="done",
        finished_at=timezone.now(),
        total=1,
        replayed=1,
    )
    replay.items.create(dead_letter=letter.pk, turn=1, outcome="replayed", at=timezone.now())
    return replay
