"""Liveness, readiness and metrics of a web server."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from structlog.testing import capture_logs

from messaging.models import OutboxMessage
from operations import health
from operations.migration_state import MigrationState


@pytest.mark.parametrize("path", ["/health/live", "/health/live/"])
def test_a_living_process_says_so_without_the_database(path):
    assert Client().get(path).json() == {"status": "ok"}


def test_a_process_with_a_migrated_database_is_ready(db):
    response = Client().get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "outbox": {"waiting": 0, "oldest_seconds": 0},
    }


def test_being_asked_again_is_cheap(db, django_assert_num_queries):
    Client().get("/health/ready")
    with django_assert_num_queries(3):
        Client().get("/health/ready")


# firelock-ai/kin#1486, grafana/mimir#1780: a probe keeps the status alone, and no log said why.
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_the_database_it_is_not_ready_and_the_log_says_why(monkeypatch, error):
    def away():
        raise error("no route\nto nobody's business")

    monkeypatch.setattr(health, "check_database", away)
    with capture_logs() as log:
        response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "business" not in response.content.decode()
    reason = "PostgreSQL does not answer: no route to nobody's business"
    assert log == [{"event": "not_ready", "log_level": "warning", "reason": reason}]


def test_without_all_migrations_it_is_not_ready_and_the_log_says_why(db, monkeypatch):
    monkeypatch.setattr(health, "migrations", health.Migrations())
    monkeypatch.setattr(health, "migration_state", lambda: MigrationState(missing=["orders.0099_odd"], newer=[]))
    with capture_logs() as log:
        response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "not all applied"
    assert [(line["event"], line["reason"]) for line in log] == [
        ("not_ready", "the database is not migrated: manage.py migrate")
    ]


def test_events_that_wait_for_kafka_are_told_and_do_not_matter(db):
    OutboxMessage.objects.create(
        event_id="01890000-0000-7000-8000-000000000000", type="t", topic="orders", key="1", body=""
    )
    response = Client().get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"]["outbox"]["waiting"] == 1


def test_metrics_are_what_prometheus_reads():
    response = Client().get("/metrics")
    assert response["Content-Type"].startswith("text/plain")
    assert b"process_resident_memory_bytes" in response.content


def test_probes_take_any_host(db):
    assert Client().get("/health/ready", headers={"host": "10.0.0.7:8000"}).status_code == 200
