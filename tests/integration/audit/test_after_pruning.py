"""The audit after `prune`: it cries no wolf, and still finds what is younger."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from messaging.consuming.batches import BatchHandler
from messaging.models import DeadLetter, InboxEntry, OutboxMessage
from operations.audit.run import audit
from operations.pipeline import CONSUMERS
from operations.retention.kinds import DEAD_LETTERS, INBOX, KINDS, TIMELINES
from operations.retention.pruning import prune
from orders.models import TimelineEntry
from tests.audits import examine
from tests.integration.audit.corruptions import FIVE_MINUTES, NONE
from tests.integration.audit.letters import dead_letter
from tests.integration.audit.test_audit_beside_traffic import elsewhere

GO_ON = threading.Event()
EFFECTS = "effects_have_their_inbox_rows"
TIMELINE = "order_timeline_tells_what_happened"
# Old rows of a shop that has been there for long.
_OLD_ENTRIES = """
    INSERT INTO messaging_inboxentry (consumer, event_id, key, handled_at)
    SELECT consumer, (lpad(to_hex(number), 12, '0') || '70008' || lpad(number::text, 15, '0'))::uuid, 'x', '2020-01-01'
    FROM generate_series(1, 2000) AS number, unnest(ARRAY['inventory', 'invoicing', 'orders']) AS consumer
"""
_OLD_RESPONSES = """
    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body, created_at)
    SELECT 0, 'old-' || number, '', 200, '', '{}', '2020-01-01' FROM generate_series(1, 4000) AS number
"""


@pytest.mark.django_db
def test_pruned_evidence_breaks_no_promise_and_a_younger_entry_that_is_missing_does(busy_shop, age, settings):
    settings.RETENTION = {"inbox": timedelta(days=15)}
    age(timedelta(days=20))
    late = busy_shop.confirm(MUG=1)
    with_age_of_ids(timedelta(days=20), exclude=late.pk)

    assert prune(INBOX, GO_ON).rows > 5
    assert set(InboxEntry.objects.values_list("key", flat=True)) == {str(late.pk), str(busy_shop.placed.pk)}
    assert EFFECTS not in examine(waiting_limit=FIVE_MINUTES).broken

    InboxEntry.objects.filter(consumer="orders").delete()
    assert EFFECTS in examine(waiting_limit=FIVE_MINUTES).broken


def with_age_of_ids(period, *, exclude):
    """Have the entries of all orders but one be of events of so long ago."""
    for entry in InboxEntry.objects.exclude(key=exclude):
        event_id = type(entry.event_id)(int=entry.event_id.int - (int(period.total_seconds() * 1000) << 80))
        InboxEntry.objects.filter(pk=entry.pk).delete()
        InboxEntry.objects.create(
            consumer=entry.consumer, event_id=event_id, key=entry.key, handled_at=entry.handled_at
        )


@pytest.mark.django_db
def test_timelines_of_orders_that_have_ended_go_and_of_others_nothing(busy_shop, settings, monkeypatch):
    """A shop of today, in which a day ago is in a month."""
    settings.RETENTION = {"timelines": timedelta(days=-1)}
    monkeypatch.setattr("operations.retention.pruning.note_horizon", lambda kind, before: None)

    prune(TIMELINES, GO_ON)

    assert set(TimelineEntry.objects.values_list("order_id", flat=True)) == {busy_shop.confirmed.pk}


@pytest.mark.django_db
def test_a_discarded_letter_stays_as_long_as_it_is_why_its_order_goes_no_further(shop, settings):
    settings.RETENTION = {"dead_letters": timedelta(days=90)}
    stuck = shop.place(MUG=1)
    OutboxMessage.objects.all().delete()
    fine = shop.place(MUG=1)
    for order in (stuck, fine):
        dead_letter(order, consumer="inventory", event_type="order.placed.v1", state="discarded")
    shop.settle()
    DeadLetter.objects.update(resolved_at="2020-01-01T00:00:00Z")

    prune(DEAD_LETTERS, GO_ON)
    assert set(DeadLetter.objects.values_list("key", flat=True)) == {str(stuck.pk)}
    assert examine(waiting_limit=NONE).broken == []


@pytest.mark.django_db(transaction=True)
def test_orders_flow_while_everything_is_pruned_and_no_promise_is_broken(shop, settings):
    """Old rows by the ten thousand, two that prune, and orders with keys and their consumers beside them."""
    settings.RETENTION = {kind.name: timedelta(days=30) for kind in KINDS if kind.keep != timedelta(0)}
    with connection.cursor() as cursor:
        cursor.execute(_OLD_ENTRIES)
        cursor.execute(_OLD_RESPONSES)
    deleted = []

    def prune_everything() -> None:
        deleted.extend(prune(kind, GO_ON, batch=100).rows for kind in KINDS)

    pruning = [threading.Thread(target=elsewhere, args=[prune_everything]) for _ in range(2)]
    for thread in pruning:
        thread.start()
    placed = 0
    while any(thread.is_alive() for thread in pruning) or not placed:
        placed += 1
        shop.place_once(f"k{placed}", MUG=1)
        shop.deliver(("inventory", "orders", "invoicing")[placed % 3])
    shop.settle()

    assert sum(deleted) == 10_000
    found = audit(waiting_limit=NONE)
    assert (found.broken, found.orders, found.pending["unanswered"]) == ([], placed, 0), str(found)

    entries = InboxEntry.objects.count()
    for name in CONSUMERS:  # all that there ever was comes again
        again = shop.broker.subscribe(f"{name} anew", CONSUMERS[name].topics)
        BatchHandler(CONSUMERS[name]).handle(again.poll(timeout=0, max_records=100_000))
    assert InboxEntry.objects.count() == entries
    assert audit(waiting_limit=NONE).broken == []
