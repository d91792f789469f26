"""What the doctor says of real servers, and of those that are not there."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging.events import new_id
from messaging.models import OutboxMessage
from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, subscribe
from operations.doctor.database import look_at_database
from operations.doctor.kafka import look_at_kafka
from tests.commands import database_url, manage
from tests.waiting import wait_until


def by_check(look):
    """The worst finding of each check."""
    found = sorted(look(), key=lambda each: ["ok", "warning", "unknown", "problem"].index(each.status))
    return {each.check: each for each in found}


@pytest.mark.django_db
def test_a_database_that_is_well_is_called_so(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own

    found = by_check(look_at_database)

    assert {each.check: each.status.value for each in found.values() if each.check not in ("role", "postgresql")} == {
        "clock of postgresql": "ok",
        "migrations": "ok",
        "outbox": "ok",
        "dead letters": "ok",
        "orders": "ok",
        "prune": "warning",  # nothing was ever pruned
    }
    assert found["role"].detail.endswith("is a superuser: triggers hold nothing")


@pytest.mark.django_db
def test_events_that_wait_for_kafka_are_told_with_their_age(monkeypatch):
    monkeypatch.setattr(connection, "close", lambda: None)
    OutboxMessage.objects.create(
        event_id=new_id(), type="x", topic="orders", key="k", body="{}", created_at=timezone.now() - timedelta(hours=1)
    )

    finding = by_check(look_at_database)["outbox"]

    assert (finding.status, finding.detail) == ("problem", "1 events wait for Kafka, the oldest for 3600 s")
    assert "relay_outbox" in finding.advice


def test_a_kafka_without_consumers_says_so_and_one_with_them_is_well(kafka):
    with closing(connect_producer()) as producer:
        producer.send([Message("inventory", b"k", b"{}", []) for _ in range(3)])

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
        assert by_check(look_at_kafka)["consumer orders"].detail.startswith("1 members, ")


def test_a_topic_that_is_missing_is_named(kafka, settings):
    settings.KAFKA_TOPIC_PREFIX = f"{kafka}other."

    assert [each.detail for each in look_at_kafka() if each.check == "topics"] == [
        f"topic {kafka}other.{name} is not there" for name in ("backorders", "inventory", "invoicing", "orders")
    ]


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
