"""A fail-over: the database takes no changes for a while, and sessions that began then are not kept afterwards.

What was reported of pools of connections that hand them out for ever: brettwooldridge/HikariCP#1802,
keycloak/keycloak#22422, sidorares/node-mysql2#2050.
"""

from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import InternalError, connection, transaction
from django.test import Client

from api.sessions import SessionStore
from common.postgres import refresh_connection, sqlstate
from messaging.consuming.runtime import TRIES
from messaging.models import DeadLetter, InboxEntry, OutboxMessage
from messaging.outbox import publisher, recording
from messaging.outbox.delivery import publish_pending
from messaging.outbox.publisher import Publisher
from messaging.retry import is_transient
from tests.commands import database_url, manage
from tests.read_only_database import ReadOnly, read_only
from tests.toy_events import Recorder, as_message, happened


@pytest.fixture
def failed_over(transactional_db) -> Iterator[ReadOnly]:
    with read_only(database_url()) as database:
        connection.close()
        yield database
    connection.close()


def write() -> None:
    with transaction.atomic():
        recording.record(happened(1))


def session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_session_that_began_read_only_is_not_kept_once_it_failed(failed_over):
    with pytest.raises(InternalError) as caught:
        write()
    assert sqlstate(caught.value) == "25006"
    assert is_transient(caught.value)
    failed_over.end()

    refresh_connection()
    write()


def test_a_session_that_began_read_only_and_only_read_is_not_kept_either(failed_over):
    first = session()
    failed_over.end()

    connection.close_if_unusable_or_obsolete()  # as before each request, and once a second in our own threads
    write()

    assert session() != first


def test_a_session_that_may_write_is_kept(transactional_db):
    first = session()

    connection.close_if_unusable_or_obsolete()

    assert session() == first


def test_a_consumer_waits_with_its_batch_and_goes_on_with_a_new_session(failed_over, deliver, subscriptions):
    def mend(_subscription) -> None:
        if subscriptions.kept_alive == 3:
            failed_over.end()

    subscriptions.on_keep_alive = mend
    handler = Recorder()

    deliver(handler, *(as_message(happened(n)) for n in range(3)))

    assert handler.numbers == [0, 1, 2]
    assert subscriptions.kept_alive == 3
    assert InboxEntry.objects.count() == 3
    assert not DeadLetter.objects.exists()


def test_a_consumer_that_has_just_lost_all_its_sessions_does_so_too(transactional_db, deliver, subscriptions):
    handler = Recorder()
    deliver(handler, as_message(happened(1)))
    ReadOnly(database_url()).end_sessions()

    deliver(handler, as_message(happened(2)))

    assert handler.numbers == [1, 2]
    assert not DeadLetter.objects.exists()


def test_nothing_is_sent_that_could_not_be_taken_out_of_the_outbox(transactional_db, broker, monkeypatch):
    """Else each try would send it again, for as long as the database takes no changes."""
    monkeypatch.setattr(publisher, "backoff", lambda *_, **__: 0.01)
    write()
    tries: list[int] = []
    with read_only(database_url()) as database:
        connection.close()

        def look() -> None:
            tries.append(1)
            if len(tries) == 5:
                assert not any(broker.logs.values())
                database.end()

        Publisher(broker.producer, on_pass=look).run(drain=True)

    assert len(tries) >= 5
    assert [len(log) for log in broker.logs.values() if log] == [1]
    assert not OutboxMessage.objects.exists()


def test_the_relay_and_everybody_else_who_looks_is_told_so(failed_over, broker):
    with pytest.raises(Exception, match="read-only") as caught:
        publish_pending(broker.producer())

    assert is_transient(caught.value)


def test_the_web_server_is_not_ready_until_it_may_write_again(failed_over):
    client = Client()

    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert response.json() == {"status": "unavailable", "checks": {"database": "ReadOnlyDatabase"}}
    failed_over.end()

    connection.close_if_unusable_or_obsolete()  # as before each request
    assert client.get("/health/ready").status_code == 200


def test_the_admin_says_503_to_whoever_logs_in(failed_over):
    client = Client(raise_request_exception=False)

    response = client.post("/admin/login/", {"username": "ann", "password": "wrong"})

    assert response.status_code == 503
    assert response["Retry-After"]
    assert "Not available at the moment" in response.content.decode()


def test_a_session_that_can_not_be_saved_is_not_taken_for_one_that_has_ended(transactional_db):
    """Django answers 400 to that, as if the person had logged out meanwhile."""
    store = SessionStore()
    store.create()
    with read_only(database_url()):
        connection.close()
        store["key"] = "value"

        with pytest.raises(InternalError) as caught:
            store.save()
    assert sqlstate(caught.value) == "25006"
    connection.close()


def test_saving_a_session_that_has_ended_is_an_error(transactional_db):
    store = SessionStore()
    store.create()
    SessionStore().delete(store.session_key)

    with pytest.raises(UpdateError):
        store.save()


@pytest.mark.parametrize(
    "command", ["create_api_client x", "createsuperuser --noinput --username x --email x@example.com"]
)
def test_a_command_that_writes_says_so_in_one_line(failed_over, command):
    done = manage(*command.split())

    assert done.returncode == 1
    assert "PostgreSQL takes no changes here, at the moment" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_statement_that_takes_too_long_makes_no_dead_letter(deliver):
    """A batch is split, and of single events none is at fault: the disk is slow."""
    slow = [True] * 4

    class Slow(Recorder):
        def __call__(self, events):
            self.calls += 1
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {50 if slow and slow.pop() else 30_000}")
                cursor.execute("SELECT pg_sleep(0.2)")
            self.seen += events

    handler = Slow()
    deliver(handler, *(as_message(happened(n)) for n in range(3)))

    assert handler.numbers == [0, 1, 2]
    assert handler.calls == 7  # as a batch, three more times the first alone, and once each
    assert not DeadLetter.objects.exists()


def test_a_batch_that_costs_its_session_each_time_is_split_and_makes_no_dead_letter(deliver):
    """Poolers and scripts of operators end sessions whose transactions are long, and the kernel those that take too
    much memory: pgbouncer/pgbouncer#1242, msolli/proletarian#26, getsentry/sentry#84362.
    """

    class TooMuchAtOnce(Recorder):
        def __call__(self, events):
            self.calls += 1
            if len(events) > 1:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            self.seen += events

    handler = TooMuchAtOnce()
    deliver(handler, *(as_message(happened(n)) for n in range(3)))

    assert handler.numbers == [0, 1, 2]
    assert handler.calls == TRIES + 3
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("state", ["58030", "58P01", "57P01", "53100", "XX001", "XX002", "57014"])
def test_a_sick_server_makes_no_dead_letter(deliver, state):
    """Raised by a real server, by each type of error that the driver has for them."""
    failures = [1, 2, 3, 4, 5]

    class Sick(Recorder):
        def __call__(self, events):
            if failures:
                failures.pop()
                with connection.cursor() as cursor:
                    cursor.execute(f"DO $$ BEGIN RAISE 'sick' USING ERRCODE = '{state}'; END $$")
            self.seen += events

    handler = Sick()
    deliver(handler, as_message(happened(1)), as_message(happened(2)))

    assert handler.numbers == [1, 2]
    assert not DeadLetter.objects.exists()
