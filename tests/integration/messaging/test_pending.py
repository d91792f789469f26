"""Reading the outbox by its indexes, whatever the statistics say of a table whose rows live for milliseconds."""

import pytest
from django.db import connection, transaction

from messaging.models import OutboxMessage
from messaging.outbox import recording
from messaging.outbox.delivery import publish_pending
from messaging.outbox.lanes import LANES, WHOLE_OUTBOX, WantedLanes
from messaging.outbox.pending import fetch_pending, lock_lanes
from messaging.statements import ANY_PENDING, ANY_PENDING_IN_LANES, FETCH_PENDING, FETCH_PENDING_IN_LANES
from tests.toy_events import happened


def plan_of(query: str, **parameters: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture(autouse=True)
def _without_rows_of_other_tests(transactional_db) -> None:
    """What others rolled back is still in the file of the table, and the planner counts that."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_outboxmessage")


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_outboxmessage")


@pytest.fixture(params=["as empty", "as full"])
def outbox_of_dead_rows(transactional_db, request) -> None:
    """Five live rows behind two thousand dead ones, of which the statistics know nothing, or as if they lived."""
    if request.param == "as empty":
        analyze()
    with transaction.atomic():
        recording.record(*(happened(number) for number in range(2000)))
    if request.param == "as full":
        analyze()
    OutboxMessage.objects.filter(pk__lt=OutboxMessage.objects.latest("pk").pk - 5).delete()


def test_the_planner_by_itself_would_read_what_is_dead(transactional_db):
    analyze()
    with transaction.atomic():
        recording.record(happened())

    assert "Seq Scan" in plan_of(FETCH_PENDING, skipped_keys=[], limit=1000)


@pytest.mark.parametrize("query", [FETCH_PENDING, ANY_PENDING], ids=["fetch", "any"])
@pytest.mark.usefixtures("outbox_of_dead_rows")
def test_a_pass_does_not_read_what_is_dead(query):
    with transaction.atomic():
        assert lock_lanes(WHOLE_OUTBOX).lanes
        plan = plan_of(query, skipped_keys=[], limit=1000)

    assert "Seq Scan" not in plan
    assert "Index Scan using messaging_outboxmessage_pkey" in plan
    assert "outbox_parked_keys" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("query", [FETCH_PENDING_IN_LANES, ANY_PENDING_IN_LANES], ids=["fetch", "any"])
@pytest.mark.usefixtures("outbox_of_dead_rows")
def test_a_pass_over_some_lanes_reads_neither_what_is_dead_nor_what_is_in_others(query):
    with transaction.atomic():
        assert lock_lanes(WantedLanes(is_share=True)).lanes
        plan = plan_of(query, lanes=[3, 4], skipped_keys=[], limit=1000, limit_of_a_lane=250)

    assert "Seq Scan" not in plan
    assert "Index Scan using outbox_lanes" in plan
    assert "Index Cond: (((hashtext((key)::text) & 31) >= chosen.lane) AND" in plan
    assert "outbox_parked_keys" in plan
    assert "Sort" not in plan


def test_each_key_is_in_one_lane_and_keys_are_spread_over_all(transactional_db):
    keys = [happened(number) for number in range(40 * LANES)]
    with transaction.atomic():
        recording.record(*keys, *keys)

    found = [[row.key for row in fetch_pending(10_000, lanes=[lane], limit_of_a_lane=10_000)] for lane in range(LANES)]

    assert sum(map(len, found)) == 2 * len(keys)
    assert sum(len(set(in_lane)) for in_lane in found) == len(keys)
    assert all(20 < len(in_lane) < 160 for in_lane in found)  # 80 are due; beyond these it is one in a billion


def test_rows_of_lanes_come_in_the_order_in_which_they_were_recorded_whichever_lane_is_named_first(transactional_db):
    with transaction.atomic():
        recording.record(*(happened(number) for number in range(100)))
    everything = [row.id for row in fetch_pending(1000)]

    backwards = list(range(LANES))[:0:-1]
    found = [row.id for row in fetch_pending(1000, lanes=backwards, limit_of_a_lane=1000)]
    first_lane = [row.id for row in fetch_pending(1000, lanes=[0], limit_of_a_lane=1000)]

    assert found == [pk for pk in everything if pk not in first_lane]


def test_the_setting_ends_with_the_pass(transactional_db, broker):
    publish_pending(broker.producer())

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
