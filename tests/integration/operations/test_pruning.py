"""Deleting what has outlived its retention: all of it, nothing else, and in nobody's way.

Of others: one statement for all dies of the time limit, for ever, and only a log line says so
(tombii/better-ccflare#384); batches that begin anew read what is dead, or may not be deleted, again and again
(NangoHQ/nango#5690, windmill-labs/windmill#9744); messages that were not sent yet are deleted, too
(postalserver/postal#353).
"""

import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY

from messaging.heartbeat import Liveness
from messaging.models import DeadLetter, InboxEntry
from operations.models import RetentionHorizon
from operations.retention import daily
from operations.retention.daily import prune_all
from operations.retention.kinds import DEAD_LETTERS, IDEMPOTENCY, INBOX, KINDS, TIMELINES
from operations.retention.metrics import DUE
from operations.retention.pruning import count_due, prune, show_due
from operations.retention.topics import why_not
from tests.waiting import wait_until

GO_ON = threading.Event()
PRUNED_SESSIONS = 'orderflow_pruned_rows_total{kind="sessions"}'

# Ids as they are made, of times that lie back by as many minutes as their number is.
_ID = """
    (lpad(to_hex((extract(epoch FROM now() - number * INTERVAL '1 minute') * 1000)::bigint), 12, '0')
    || '7' || substr(md5(number::text), 1, 3) || '8' || substr(md5(number::text), 4, 15))::uuid
"""
INBOX_ROWS = f"""
    INSERT INTO messaging_inboxentry (consumer, event_id, key, handled_at)
    SELECT consumer, {_ID}, '', now() - number * INTERVAL '1 minute'
    FROM generate_series(1, %s) AS number, unnest(ARRAY['inventory', 'invoicing', 'orders']) AS consumer
"""
RESPONSES = """
    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body, created_at)
    SELECT 1, number, '', 200, '', '{}', now() - number / 100 * INTERVAL '1 minute'
    FROM generate_series(1, %s) AS number
"""
SESSIONS = """
    INSERT INTO django_session (session_key, session_data, expire_date)
    SELECT 's' || number, '', now() + (number - %s / 2 - 0.5) * INTERVAL '1 hour' FROM generate_series(1, %s) AS number
"""


def execute(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def blocks_read(sql):
    """From memory or disk, by the top of the plan, which counts for all below it."""
    (((plan, *_),),) = execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


def minutes(**of):
    return timedelta(**of) // timedelta(minutes=1)


@pytest.mark.django_db
def test_what_is_due_of_tens_of_thousands_is_deleted_and_what_is_younger_stays(settings):
    settings.RETENTION = {"inbox": timedelta(days=5)}
    execute(INBOX_ROWS, 12_000)
    due = 3 * (12_000 - minutes(days=5))

    assert count_due(INBOX).rows == due + 3  # those of this very minute are due by now
    done = prune(INBOX, GO_ON)

    assert done.rows == due + 3
    assert InboxEntry.objects.count() == 3 * 12_000 - done.rows
    assert not InboxEntry.objects.filter(handled_at__lt=done.before).exists()
    assert prune(INBOX, GO_ON).rows == 0


@pytest.mark.django_db
def test_rows_of_one_time_are_all_deleted_whatever_the_size_of_a_batch(settings):
    """A hundred have the same time: keyset pages by the time alone would skip, or never end."""
    settings.RETENTION = {"idempotency": timedelta(minutes=10)}
    execute(RESPONSES, 5000)

    done = prune(IDEMPOTENCY, GO_ON, batch=70)

    assert done.rows == 5000 - 10 * 100 + 1
    assert execute("SELECT count(*) FROM api_idempotencyrecord WHERE created_at < %s", done.before) == [(0,)]


@pytest.mark.django_db
def test_an_entry_of_an_old_event_that_was_handled_lately_stays(settings):
    """A dead letter that was replayed after a month: Kafka may deliver it again for weeks."""
    settings.RETENTION = {"inbox": timedelta(days=5)}
    execute(INBOX_ROWS, 10_000)
    InboxEntry.objects.update(handled_at="2999-01-01T00:00:00Z")

    assert prune(INBOX, GO_ON).rows == 0


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_a_transaction_of_its_own_and_the_oldest_go_first(settings):
    """Broken off after a batch, it has deleted the oldest rows, and has on record how far it may have come."""
    settings.RETENTION = {"idempotency": timedelta(hours=1)}
    execute(RESPONSES, 20_000)

    class AfterOneBatch(threading.Event):
        def wait(self, timeout=None):
            self.set()
            return True

    done = prune(IDEMPOTENCY, AfterOneBatch(), batch=501)

    assert (done.rows, done.interrupted) == (501, True)
    assert execute("SELECT max(key::integer) FROM api_idempotencyrecord") == [(19_499,)]
    assert RetentionHorizon.objects.get(kind="idempotency").pruned_before == done.before


@pytest.mark.django_db
def test_a_row_that_may_not_be_deleted_is_looked_at_once(settings):
    """However many of them are the oldest: the next batch begins behind them."""
    settings.RETENTION = {"idempotency": timedelta(hours=1)}
    execute(RESPONSES, 10_000)
    with CaptureQueriesContext(connection) as queries:
        prune(IDEMPOTENCY, GO_ON, batch=2000)

    deletes = [query["sql"] for query in queries.captured_queries if "DELETE" in query["sql"]]
    assert ["> (" in sql for sql in deletes] == [False, True, True]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "rows", "number"), [(INBOX, INBOX_ROWS, 40_000), (IDEMPOTENCY, RESPONSES, 120_000)])
def test_the_last_batch_reads_no_more_than_the_first(settings, kind, rows, number):
    """A row comparison beside an equality begins at the first entry of the index again: seen with a million orders."""
    settings.RETENTION = {kind.name: timedelta(0)}
    execute(rows, number)
    execute(f"ANALYZE {kind.table}")
    with CaptureQueriesContext(connection) as queries:
        count_due(kind)

    pages = [query["sql"] for query in queries.captured_queries if "LIMIT 1000)" in query["sql"]]
    assert blocks_read(pages[-2]) < 2 * blocks_read(pages[0])


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_and_not_waited_for(settings):
    settings.RETENTION = {"idempotency": timedelta(hours=1)}
    execute(RESPONSES, 10_000)
    done = []

    def elsewhere():
        try:
            done.append(prune(IDEMPOTENCY, GO_ON))
        finally:
            connection.close()

    with transaction.atomic():
        execute("SELECT id FROM api_idempotencyrecord WHERE key = '9000' FOR UPDATE")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    assert done[0].rows == 10_000 - minutes(hours=1) * 100
    assert execute("SELECT key FROM api_idempotencyrecord WHERE created_at < %s", done[0].before) == [("9000",)]


@pytest.mark.django_db
def test_what_is_kept_for_ever_is_not_looked_at(settings):
    settings.RETENTION = {"timelines": None}

    assert prune(TIMELINES, GO_ON).before is None
    assert not RetentionHorizon.objects.exists()


@pytest.mark.django_db
def test_dead_letters_that_wait_for_a_person_stay_however_old_they_are(settings):
    """Particular/docs.particular.net#3947: what is retried by hand comes later than any retention."""
    settings.RETENTION = {"dead_letters": timedelta(days=90)}
    for place, state in enumerate(("failed", "waiting", "deferred", "replayed", "discarded")):
        resolved = "2020-01-01T00:00:00Z" if state in ("replayed", "discarded") else None
        DeadLetter.objects.create(
            consumer="orders", topic="orders", partition=0, offset=place, timestamp=0, headers=[], body=b"", attempts=1,
            key="no order", state=state, resolved_at=resolved, created_at="2020-01-01T00:00:00Z",
        )  # fmt: skip

    assert prune(DEAD_LETTERS, GO_ON).rows == 2
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"failed", "waiting", "deferred"}


@pytest.mark.django_db
def test_every_kind_of_row_is_found_by_its_statements(settings):
    """Over tables that are empty, but for sessions: half of them have ended."""
    settings.RETENTION = {kind.name: timedelta(days=30) for kind in KINDS if kind.keep != timedelta(0)}
    execute(SESSIONS, 10_000, 10_000)

    done, problems = prune_all(KINDS, GO_ON, why_not=lambda kind: None)

    assert problems == {}
    assert {each.kind.name: each.rows for each in done if each.rows} == {"sessions": 5000}


@pytest.mark.django_db
def test_a_dry_run_says_what_is_due_and_deletes_nothing(settings, capsys):
    execute(SESSIONS, 10_000, 10_000)

    call_command("prune", "sessions", "--dry-run")

    assert capsys.readouterr().out.startswith("sessions that have ended: 5000 due, of before 20")
    assert execute("SELECT count(*) FROM django_session") == [(10_000,)]
    assert not RetentionHorizon.objects.exists()


# --- rows that must outlive the topics' records ----------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("life", "said"),
    [
        (timedelta(days=30), "topics keep events for up to 30 days (retention.ms and segment.ms)"),
        (None, "topics keep events for ever"),
    ],
)
def test_nothing_is_forgotten_that_kafka_may_deliver_again(settings, monkeypatch, life, said):
    """dex-it/dex-common#232: for how long an inbox is kept is for how long a second delivery is known."""
    settings.RETENTION = {"inbox": timedelta(days=30)}
    monkeypatch.setattr("operations.retention.topics.longest_life_of_records", lambda topics: life)

    assert said in (why_not(INBOX) or "")
    assert why_not(IDEMPOTENCY) is None


@pytest.mark.django_db
def test_without_kafka_the_rest_is_deleted_and_one_line_says_what_is_not(settings, capsys):
    settings.KAFKA = settings.KAFKA | {"bootstrap_servers": "127.0.0.1:9"}
    execute(SESSIONS, 10_000, 10_000)

    with pytest.raises(CommandError) as error:
        call_command("prune", "inbox", "sessions")

    assert capsys.readouterr().out.startswith("sessions that have ended: 5000 deleted")
    assert str(error.value).startswith("inbox: not deleted: for how long topics keep events is not known: Kafka does")


# apache/airflow#65239: a table that can't be cleaned up is to be told of, and the others are to be cleaned up.
FORBID = """
    CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
    CREATE TRIGGER forbid BEFORE DELETE ON api_idempotencyrecord FOR EACH STATEMENT EXECUTE FUNCTION forbid();
"""


@pytest.mark.django_db
def test_a_kind_that_can_not_be_deleted_keeps_no_other_from_it(settings, capsys):
    settings.RETENTION = settings.RETENTION | {"idempotency": timedelta(hours=1)}
    execute(RESPONSES, 10_000)
    execute(SESSIONS, 100, 100)
    execute(FORBID)

    with pytest.raises(CommandError, match="idempotency: not deleted: not this one"):
        call_command("prune", "idempotency", "sessions")

    assert capsys.readouterr().out.startswith("sessions that have ended: 50 deleted")


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_can_not_be_counted_keeps_no_other_from_it(settings, capsys):
    settings.RETENTION = settings.RETENTION | {"idempotency": timedelta(hours=1), "inbox": None, "dead_letters": None}
    execute(SESSIONS, 100, 100)
    DUE.clear()
    execute("ALTER TABLE api_idempotencyrecord RENAME TO another")
    try:
        with pytest.raises(CommandError, match="idempotency: not counted: the database is not migrated"):
            call_command("prune", "--dry-run", "idempotency", "sessions")
        daily.count_due(Liveness())
    finally:
        execute("ALTER TABLE another RENAME TO api_idempotencyrecord")

    assert "sessions that have ended: 50 due" in capsys.readouterr().out
    assert REGISTRY.get_sample_value("orderflow_prune_due_rows", {"kind": "sessions"}) == 50


# Tr3kkR/Yuzu#1849, #2361: a clock that is set back strands what was noted while it was ahead.
@pytest.mark.django_db
def test_a_clock_that_was_ahead_for_a_while_does_not_keep_prune_from_going_on(settings, capsys):
    settings.RETENTION = settings.RETENTION | {"inbox": None, "dead_letters": None}
    execute(SESSIONS, 100, 100)
    tomorrow = timezone.now() + timedelta(days=1)
    for kind in KINDS:
        RetentionHorizon.objects.create(kind=kind.name, pruned_before=tomorrow, pruned_at=tomorrow)

    call_command("prune")

    assert "sessions that have ended: 50 deleted" in capsys.readouterr().out
    gone_through = RetentionHorizon.objects.exclude(kind__in=[kind.name for kind in KINDS if kind.keep is None])
    assert all(horizon.pruned_before <= horizon.pruned_at < tomorrow for horizon in gone_through)


def test_a_kind_that_there_is_not_is_an_error():
    with pytest.raises(CommandError, match="there is nothing called orders to prune"):
        call_command("prune", "orders")


# nautobot/nautobot#8215, RolnickLab/antenna#1024: a worker whose one job took long passed for one that hung.
@pytest.mark.django_db
def test_a_long_prune_shows_signs_of_life_before_each_batch_and_while_it_counts(settings):
    settings.RETENTION = settings.RETENTION | {"inbox": None, "dead_letters": None}
    execute(SESSIONS, 1000, 1000)
    (sessions,) = (kind for kind in KINDS if kind.name == "sessions")
    signs = []

    show_due(sessions, on_batch=lambda: signs.append("counted"))
    prune_all([sessions], GO_ON, why_not=lambda kind: None, on_batch=lambda: signs.append(left(sessions)))

    assert signs == ["counted", 500, 500]
    execute(SESSIONS.replace("'s'", "'t'"), 1000, 1000)
    del signs[:]
    prune(sessions, GO_ON, batch=100, on_batch=lambda: signs.append(left(sessions)))
    assert signs == [500, 400, 300, 200, 100, 0]


def left(kind):
    return count_due(kind).rows


@pytest.mark.django_db(transaction=True)
def test_a_process_that_prunes_daily_begins_at_once_and_shows_signs_of_life(settings, tmp_path):
    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    settings.RETENTION = settings.RETENTION | {"inbox": None, "dead_letters": None}
    execute(SESSIONS, 1000, 1000)
    stopping = threading.Event()
    thread = threading.Thread(target=daily.run_daily, args=[stopping])
    thread.start()
    try:
        wait_until((tmp_path / "heartbeat").exists, what="it is alive")
        wait_until(lambda: execute("SELECT count(*) FROM django_session") == [(500,)], what="what is due is deleted")
        wait_until(lambda: PRUNED_SESSIONS in (tmp_path / "heartbeat.prom").read_text(), what="metrics tell of it")
    finally:
        stopping.set()
        thread.join()
