"""Reading the outbox by its indexes, whatever the statistics say of a table whose rows live for milliseconds."""

from django.db import connection, transaction

from messaging.models import OutboxMessage
from messaging.outbox import recording
from messaging.outbox.delivery import publish_pending
from messaging.outbox.pending import lock
from messaging.statements import ANY_PENDING, FETCH_PENDING
from tests.toy_events import happened


def plan_of(query: str, **parameters: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_a_pass_does_not_read_what_is_dead(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_outboxmessage")  # as empty
    with transaction.atomic():
        recording.record(*(happened(number) for number in range(2000)))
    OutboxMessage.objects.filter(pk__lt=OutboxMessage.objects.latest("pk").pk - 5).delete()

    assert "Seq Scan" in plan_of(FETCH_PENDING, skipped_keys=[], limit=1000)  # what the planner would do
    with transaction.atomic():
        assert lock()
        for query in (FETCH_PENDING, ANY_PENDING):
            plan = plan_of(query, skipped_keys=[], limit=1000)
            assert "Seq Scan" not in plan
            assert "messaging_outboxmessage_pkey" in plan
            assert "outbox_parked_keys" in plan


def test_the_setting_ends_with_the_pass(transactional_db, broker):
    publish_pending(broker.producer())

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
