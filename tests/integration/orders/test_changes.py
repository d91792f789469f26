"""Changes in one sequence: a step that is committed after one with a later id is not passed over.

juicedata/juicefs#7521, confluentinc/kafka-connect-jdbc#915: ids are given before the commit, and a reader that had seen
the later one never saw the earlier.
"""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from orders import statements
from orders.causes import by_user
from orders.changes import changes_after, latest_position
from orders.lifecycle.cancelling import cancel_orders
from orders.models import Order
from orders.transitions import Status

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = SimpleNamespace(has_perm=lambda _permission: True)


@pytest.fixture(autouse=True)
def _nothing_is_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(statements, "SETTLED_MARGIN", 0)


def cancel(order) -> None:
    cancel_orders(order_ids=[order.pk], reason="no", cause=by_user("ann"))


def elsewhere(work):
    """What a function returns in a thread and on a connection of its own."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def read(position: int, limit: int = 50):
    return elsewhere(lambda: changes_after(position, reader=STAFF, limit=limit))


def test_what_is_committed_late_comes_before_what_was_committed_meanwhile(stored):
    slow, quick = stored(Status.PLACED), stored(Status.PLACED)
    start = latest_position()

    with transaction.atomic():
        cancel(slow)
        elsewhere(lambda: cancel(quick))
        meanwhile = read(start)
        begun = elsewhere(latest_position)

    assert (meanwhile.entries, meanwhile.position) == ([], start)
    assert [entry.order_id for entry in read(start).entries] == [slow.pk, quick.pk]
    assert begun == start, "who begins meanwhile is told of both, too"


def test_a_step_that_is_rolled_back_holds_up_nothing(stored):
    slow, quick = stored(Status.PLACED), stored(Status.PLACED)
    start = latest_position()

    with transaction.atomic():
        cancel(slow)
        elsewhere(lambda: cancel(quick))
        transaction.set_rollback(True)

    assert [entry.order_id for entry in read(start).entries] == [quick.pk]


def test_who_writes_no_step_holds_up_nothing(stored):
    order, other = stored(Status.PLACED), stored(Status.PLACED)
    start = latest_position()

    with transaction.atomic():
        Order.objects.filter(pk=other.pk).update(cancellation_reason="")
        elsewhere(lambda: cancel(order))
        assert [entry.order_id for entry in read(start).entries] == [order.pk]


def test_what_was_pruned_leaves_a_position_as_it_is(stored):
    order = stored(Status.PLACED)
    cancel(order)
    position = latest_position()
    order.timeline.all().delete()

    assert read(position) == ([], position, False)
    assert latest_position() == 0, "which is before all that may come"


def test_what_is_under_way_while_the_clock_is_set_back_is_not_passed_over(stored):
    """Tr3kkR/Yuzu#1849: who is at work began later than it is now, and everything seems to be from before that."""
    slow, quick = stored(Status.PLACED), stored(Status.PLACED)
    start = latest_position()
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE SCHEMA behind;
            CREATE FUNCTION behind.clock_timestamp() RETURNS timestamptz LANGUAGE sql
                RETURN pg_catalog.clock_timestamp() - interval '1 hour';
        """)

    def an_hour_earlier(work):
        def run():
            with connection.cursor() as cursor:
                cursor.execute("SET search_path = behind, pg_catalog, public")
            return work()

        return elsewhere(run)

    try:
        with transaction.atomic():
            cancel(slow)
            an_hour_earlier(lambda: cancel(quick))
            meanwhile = an_hour_earlier(lambda: changes_after(start, reader=STAFF, limit=50))
        after = an_hour_earlier(lambda: changes_after(meanwhile.position, reader=STAFF, limit=50))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA behind CASCADE")

    assert [entry.order_id for entry in (*meanwhile.entries, *after.entries)] == [slow.pk, quick.pk]
