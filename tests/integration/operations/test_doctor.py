"""What the doctor says of real servers, and of those that are not there."""

import json
import re
from contextlib import closing
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from messaging.events import new_id, text_of_time
from messaging.models import DeadLetter, OutboxMessage
from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, subscribe
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.lag import lags
from messaging.transport.kafka.servers import bootstrap_servers
from operations.dashboard.attention import concerns
from operations.doctor.database import _TEMPORARY_FILE, look_at_database
from operations.doctor.kafka import look_at_kafka
from operations.models import RetentionHorizon
from operations.monitoring.counts import TOO_LONG
from operations.retention.kinds import KINDS
from orders.models import Order
from tests.commands import database_url, manage
from tests.factories import StockItemFactory
from tests.waiting import wait_until


def by_check(look):
    """The worst finding of each check."""
    found = sorted(look(), key=lambda each: ["ok", "warning", "unknown", "problem"].index(each.status))
    return {each.check: each for each in found}


_OF_TESTS = ("role", "postgresql", "durability")  # their server is one to throw away


@pytest.mark.django_db
def test_a_database_that_is_well_is_called_so(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own

    found = by_check(look_at_database)

    assert {each.check: each.status.value for each in found.values() if each.check not in _OF_TESTS} == {
        "disk of postgresql": "ok",
        "clock of postgresql": "ok",
        "migrations": "ok",
        "outbox": "ok",
        "dead letters": "ok",
        "orders": "ok",
        "prune": "warning",  # nothing was ever pruned
    }
    assert found["role"].detail.endswith("is a superuser: triggers hold nothing")


@pytest.mark.django_db
def test_a_database_that_may_lose_what_it_has_committed_is_named_with_the_settings(monkeypatch):
    """apecloud/kubeblocks-addons#126, sameersbn/docker-postgresql#86: images that come with one of them off."""
    monkeypatch.setattr(connection, "close", lambda: None)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")

    finding = by_check(look_at_database)["durability"]

    assert finding.status == "problem"
    assert "synchronous_commit. A crash takes accepted orders away" in finding.detail


@pytest.mark.django_db
def test_a_database_whose_commits_last_is_well(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr("operations.doctor.database._NOT_DURABLE", "SELECT NULL")

    assert by_check(look_at_database)["durability"].status == "ok"


_FULL = """
    DO $$ BEGIN
        RAISE 'could not write block 2 of temporary file: No space left on device' USING ERRCODE = '53100';
    END $$
"""


@pytest.mark.django_db
def test_a_full_disk_is_named_although_everything_can_still_be_read(monkeypatch):
    """GrottoCenter/grottocenter-api#1784. No order could be stored, and nothing that the doctor read said so."""
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr("operations.doctor.database._TEMPORARY_FILE", _FULL)

    finding = by_check(look_at_database)["disk of postgresql"]

    assert finding.status == "problem"
    assert finding.detail.startswith("the disk of PostgreSQL is full: could not write block 2")
    assert finding.advice.startswith("make room")


@pytest.mark.django_db
def test_to_find_out_more_is_written_than_postgresql_keeps_in_memory():
    *limits, statement = _TEMPORARY_FILE.split(";")
    with connection.cursor() as cursor:
        cursor.execute(f"{';'.join(limits)}; EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0][0]["Plan"]

    assert plan["Temp Written Blocks"] * 8192 >= 16 * 2**20


@pytest.mark.django_db
def test_events_that_wait_for_kafka_are_told_with_their_age(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    OutboxMessage.objects.create(
        event_id=new_id(), type="x", topic="orders", key="k", body="{}", created_at=timezone.now() - timedelta(hours=1)
    )

    finding = by_check(look_at_database)["outbox"]

    assert (finding.status, finding.detail) == ("problem", "1 event waits for Kafka, the oldest for 3600 s")
    assert "relay_outbox" in finding.advice


# logstash-plugins/logstash-output-kafka#167: who has to mend it has to be told what was too large for whom.
@pytest.mark.django_db
def test_parked_events_are_a_problem_and_it_is_said_why_kafka_refused_the_first(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    for reason in ("topic orders takes no event of 498 bytes: see its max.message.bytes", "another"):
        OutboxMessage.objects.create(
            event_id=new_id(), type="x", topic="orders", key="k", parked_at=timezone.now(), parked_reason=reason
        )

    (finding,) = (each for each in look_at_database() if each.check == "outbox")

    assert finding.status == "problem"
    assert finding.detail == (
        "2 events are parked, which Kafka has refused for good; of the first: "
        "topic orders takes no event of 498 bytes: see its max.message.bytes"
    )
    (concern,) = (each for each in concerns([]) if "can't be published" in each.what)
    assert "max.message.bytes" in concern.advice


@pytest.mark.django_db
def test_a_kind_of_rows_that_is_not_pruned_is_named_although_others_are(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    now = timezone.now()
    for kind in KINDS:
        RetentionHorizon.objects.create(kind=kind.name, pruned_before=now - timedelta(days=30), pruned_at=now)
    assert by_check(look_at_database)["prune"].status == "ok"

    RetentionHorizon.objects.filter(kind="inbox").update(pruned_at=now - timedelta(days=3))
    RetentionHorizon.objects.filter(kind="dead_letters").delete()

    finding = by_check(look_at_database)["prune"]
    assert (finding.status, finding.detail) == ("warning", "for two days it has not gone through inbox, dead_letters")


# Extra-Chill/data-machine#3514: a cleanup that fails each time, of which nothing tells but the table that grows.
@pytest.mark.django_db
def test_rows_that_each_prune_fails_to_delete_are_named_by_their_kind(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    now = timezone.now()
    for kind in KINDS:
        RetentionHorizon.objects.create(kind=kind.name, pruned_before=now - timedelta(days=30), pruned_at=now)
    Session.objects.create(session_key="a", session_data="", expire_date=now - timedelta(days=1))
    assert by_check(look_at_database)["prune"].status == "ok"

    Session.objects.create(session_key="b", session_data="", expire_date=now - timedelta(days=3))

    finding = by_check(look_at_database)["prune"]
    assert (finding.status, finding.detail) == ("warning", "rows that were due two days ago are still there: sessions")


def dead_letter(number: int, error: str, **values) -> DeadLetter:
    values = {"consumer": "orders", "topic": "inventory", "headers": [], "body": b"", "attempts": 3} | values
    return DeadLetter.objects.create(partition=0, offset=number, timestamp=0, error=error, **values)


@pytest.mark.django_db
def test_dead_letters_are_named_by_their_cause_with_the_command_that_shows_the_first(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    first, *_ = [dead_letter(number, "KeyError: 'x'", key="a") for number in range(3)]
    other = dead_letter(3, "ValueError: y", consumer="invoicing", key="b")
    dead_letter(4, "", key="a", state=DeadLetter.State.WAITING)

    found = [each for each in look_at_database() if each.check == "dead letters"]

    assert [(each.status, each.detail, each.advice) for each in found] == [
        (
            "warning",
            f"3 × orders could not handle a message: KeyError, the first is {first.pk}",
            f"manage.py dead_letters show {first.pk}",
        ),
        (
            "warning",
            f"1 × invoicing could not handle a message: ValueError, the first is {other.pk}",
            f"manage.py dead_letters show {other.pk}",
        ),
    ]


@pytest.mark.django_db
def test_events_behind_dead_letters_that_are_settled_are_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    dead_letter(0, "KeyError: 'x'", key="a", state=DeadLetter.State.REPLAYED, resolved_at=timezone.now())
    dead_letter(1, "", key="a", state=DeadLetter.State.WAITING)

    finding = by_check(look_at_database)["dead letters"]

    assert (finding.status, finding.detail) == ("warning", "1 event waits behind dead letters that are settled")
    assert finding.advice == "manage.py dead_letters replay --all"


@pytest.mark.django_db
def test_orders_are_late_for_the_doctor_when_they_are_for_the_operations_page(monkeypatch, place):
    monkeypatch.setattr(connection, "close", lambda: None)
    StockItemFactory(sku="MUG")
    on_time, late, later = (place(MUG=1) for _ in range(3))
    for order, ago in ((on_time, TOO_LONG / 2), (late, TOO_LONG * 2), (later, TOO_LONG * 3)):
        Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - ago)

    finding = by_check(look_at_database)["orders"]

    assert (finding.status, finding.detail) == ("warning", "2 orders wait for a decision of the stock for over 30 s")
    assert finding.advice.startswith(f"manage.py where {later.pk}; ")
    assert finding.advice.endswith("manage.py republish_events --overdue 30"), "Kafka may have lost the events"
    assert "2 orders have waited for a decision of the stock for more than 30 s." in [one.what for one in concerns([])]


def test_a_kafka_without_consumers_says_so_and_one_with_them_is_well(kafka):
    with closing(connect_producer()) as producer:
        producer.send([Message("inventory", b"k", b"{}", []) for _ in range(3)])

    # A Kafka that has just started looks for its group coordinators first.
    wait_until(lambda: "consumer orders" in by_check(look_at_kafka), what="groups are told of")
    found = by_check(look_at_kafka)
    assert found["consumer orders"].status == "problem"
    assert found["consumer orders"].detail == f"group {kafka}orders has no members, and 3 records wait"
    assert found["consumer inventory"].detail.endswith("and 0 records wait")
    names = ("kafka", "topics", "topic settings", "clock of kafka", "disk of kafka")
    assert {name: found[name].status.value for name in names if name != "disk of kafka"} == dict.fromkeys(
        [name for name in names if name != "disk of kafka"], "ok"
    )
    assert " GiB are free at " in found["disk of kafka"].detail

    with closing(subscribe("orders", ["inventory", "invoicing"])) as member:
        wait_until(lambda: member.poll(timeout=0.2, max_records=10), what="it is a member")
        assert by_check(look_at_kafka)["consumer orders"].detail.startswith("1 member, ")


def test_a_topic_that_is_missing_is_named(kafka, settings):
    settings.KAFKA_TOPIC_PREFIX = f"{kafka}other."

    assert [each.detail for each in look_at_kafka() if each.check == "topics"] == [
        f"topic {kafka}other.{name} is not there" for name in ("backorders", "inventory", "invoicing", "orders")
    ]


def alter(topic, *configs):
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(config.split("=") for config in configs))
    with closing(KafkaAdminClient(**connection_settings())) as admin:
        admin.alter_configs([resource])


def of_topic_settings():
    return [each for each in look_at_kafka() if each.check == "topic settings"]


def test_a_setting_of_a_topic_is_told_with_the_whole_command_that_mends_it(kafka):
    """Topics of an earlier version, and those that others made, lack settings that new ones have."""
    topic = f"{kafka}inventory"
    alter(topic, "message.timestamp.type=CreateTime", "max.message.bytes=1048588", "min.insync.replicas=2")
    wait_until(lambda: len(of_topic_settings()) == 3, what="they are noticed")

    advice = [each.advice for each in of_topic_settings()]
    servers = ",".join(bootstrap_servers())
    command = f"kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name {topic}"
    assert all(each.startswith(f"{command} --add-config ") for each in advice)

    alter(topic, *(each.split()[-1] for each in advice))
    wait_until(lambda: [each.status for each in of_topic_settings()] == ["ok"], what="they are mended")


# teslamotors/kafka-helmsman#45: whoever subtracts the time of a record from now believes two clocks.
@pytest.mark.parametrize(("hours", "detail"), [(-1, "36.. s before its event was made"), (1, "3... s after now")])
def test_a_broker_whose_clock_is_wrong_is_named_and_waiting_records_are_as_old_as_their_events(kafka, hours, detail):
    """Each broker stamps what it takes; only one of them, which controls the cluster, tells its time."""
    alter(f"{kafka}orders", "message.timestamp.type=CreateTime", "message.timestamp.after.max.ms=7200000")
    made = timezone.now() - timedelta(seconds=20)
    headers = [("ce_time", text_of_time(made).encode())]
    milliseconds = int((made + timedelta(hours=hours)).timestamp() * 1000)
    with closing(KafkaProducer(**connection_settings())) as producer:
        producer.send(f"{kafka}orders", b"{}", headers=headers, timestamp_ms=milliseconds).get(10)

    (found,) = [each for each in look_at_kafka() if each.check == "clocks of brokers"]
    assert found.status == "problem"
    assert re.fullmatch(
        rf"the newest record that broker {bootstrap_servers()[0]} took bears a time {detail}", found.detail
    )
    (lag,) = lags({"inventory": ["orders"]})
    assert 20 <= lag.seconds < 600


@pytest.mark.django_db(transaction=True)
def test_with_everything_down_each_says_why_and_no_line_has_a_secret():
    done = manage("doctor", "--json", DATABASE_URL=database_url(PASSWORD="hunter2"))

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: not well: ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stdout + done.stderr
    report = json.loads(done.stdout)
    sick = {each["check"]: each for each in report["findings"] if each["status"] == "problem"}
    assert report["status"] == "problem"
    assert sick["postgresql"]["detail"].startswith("PostgreSQL refuses the log-in: check user and password")
    assert sick["postgresql"]["advice"] == "mend user or password in DATABASE_URL"
    assert sick["kafka"]["detail"] == "127.0.0.1:9 refuses connections: nothing listens there"
