"""How far back the audit can judge: what was pruned, or written by a former version, breaks no promise."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging.models import InboxEntry
from operations.audit.evidence import KEPT_AT_LEAST
from operations.models import InvoiceSeal, RetentionHorizon
from orders.models import Order, TimelineEntry
from tests.audits import examine
from tests.integration.audit.corruptions import FIVE_MINUTES

pytestmark = pytest.mark.django_db

EFFECTS = "effects_have_their_inbox_rows"
TIMELINES = "order_timeline_tells_what_happened"
DIGESTS = "order_is_as_it_was_accepted"
SEALS = "invoice_is_as_it_was_issued"
LONG_AGO = KEPT_AT_LEAST + timedelta(days=30)


def broken(*, since: datetime | None = None) -> set[str]:
    """What is broken of what is tried here: the ids of an aged shop are those of today."""
    found = examine(waiting_limit=FIVE_MINUTES, since=since)
    return set(found.broken) & {EFFECTS, TIMELINES, DIGESTS, SEALS, "inbox_rows_know_their_key"}


def test_pruned_inbox_entries_break_no_promise(busy_shop, age):
    age(LONG_AGO)
    late = busy_shop.confirm(MUG=1)
    assert broken() == set()

    InboxEntry.objects.exclude(key=late.pk).filter(handled_at__lt=timezone.now() - KEPT_AT_LEAST).delete()
    assert broken() == {EFFECTS}  # nobody has on record that these were pruned
    _pruned("inbox", timezone.now() - KEPT_AT_LEAST)
    assert broken() == set()

    InboxEntry.objects.filter(key=late.pk, consumer="orders").delete()
    assert broken() == {EFFECTS}


def test_an_entry_that_is_missing_among_kept_ones_is_noticed_however_old_it_is(busy_shop, age):
    age(LONG_AGO)
    _pruned("inbox", timezone.now() - LONG_AGO - timedelta(hours=1))

    InboxEntry.objects.filter(key=busy_shop.confirmed.pk).delete()

    assert broken() == {EFFECTS}


def test_the_operator_says_since_when_entries_are_kept(busy_shop, age):
    """Where somebody else has deleted them, or they were deleted after what `prune` has on record."""
    age(LONG_AGO)
    InboxEntry.objects.all().delete()

    assert broken() == {EFFECTS}
    assert broken(since=timezone.now()) == set()
    _pruned("inbox", timezone.now() - KEPT_AT_LEAST)
    assert broken() == set()
    assert broken(since=timezone.now() - LONG_AGO - timedelta(days=1)) == {EFFECTS}


def test_a_horizon_does_not_excuse_what_is_younger_than_a_week(busy_shop):
    InboxEntry.objects.all().delete()
    _pruned("inbox", timezone.now())

    assert broken() == {EFFECTS}


def test_pruned_timelines_break_no_promise_but_cut_ones_do(busy_shop):
    """Orders of today whose timelines are gone: by what the operator says, that is no wonder."""
    TimelineEntry.objects.exclude(order=busy_shop.confirmed).delete()

    assert broken() == {TIMELINES}
    assert broken(since=timezone.now() + timedelta(seconds=1)) == set()

    TimelineEntry.objects.update(event="order.refunded.v1")
    assert broken(since=timezone.now() + timedelta(seconds=1)) == {TIMELINES}


def test_entries_of_before_they_had_keys_break_no_promise(busy_shop, age):
    _applied("messaging", "0005_inbox_knows_keys", timezone.now() - timedelta(days=3))
    age(timedelta(days=4))
    InboxEntry.objects.update(key="")
    late = busy_shop.confirm(MUG=1)
    assert broken() == set()

    InboxEntry.objects.filter(key=late.pk).update(key="")
    assert broken() == {EFFECTS, "inbox_rows_know_their_key"}


def test_an_order_of_a_former_version_beside_the_new_one_needs_no_digest(busy_shop):
    old = Order.objects.filter(pk=busy_shop.invoiced[0].pk)
    assert old.update(digest="") == 1
    assert broken() == {DIGESTS}

    _applied("orders", "0002_order_digest", timezone.now() + timedelta(hours=1))
    assert broken() == set()

    _applied("orders", "0002_order_digest", datetime(2020, 1, 1, tzinfo=UTC))
    assert broken() == {DIGESTS}


def test_an_invoice_of_before_the_seals_needs_none(busy_shop):
    InvoiceSeal.objects.all().delete()
    assert broken() == {SEALS}

    _applied("operations", "0001_invoice_seals", timezone.now() + timedelta(hours=1))
    assert broken() == set()


def test_the_report_says_since_when_the_audit_could_judge(busy_shop):
    _pruned("inbox", datetime(2024, 5, 6, tzinfo=UTC))

    found = examine(waiting_limit=FIVE_MINUTES)

    assert found.judged_since["inbox entries"] == datetime(2024, 5, 6, tzinfo=UTC)
    assert "judged since: inbox entries 2024-05-06T00:00:00Z, timelines the beginning" in str(found)


def _pruned(kind: str, before: datetime) -> None:
    """As `prune` has it on record."""
    RetentionHorizon.objects.create(kind=kind, pruned_before=before, pruned_at=timezone.now())


def _applied(app: str, name: str, at: datetime) -> None:
    """Have a migration applied at that time, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = %s WHERE app = %s AND name = %s", [at, app, name])
        assert cursor.rowcount == 1
