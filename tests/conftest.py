"""Fixtures for every test."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from api.authentication import unknown_tokens
from common import caching, prepared_statements
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.topics import ensure_topics, missing_topics
from messaging.transport.memory import MemoryBroker
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _publishing_is_explicit(settings) -> None:
    """Keep commits from starting a publisher thread: tests that publish do so explicitly."""
    settings.PUBLISH_ON_COMMIT = False


@pytest.fixture(autouse=True)
def _statements_are_prepared_at_once(monkeypatch) -> None:
    """Prepare statements at their first use, since not every statement can be."""
    monkeypatch.setattr(prepared_statements, "USES_BEFORE", 0)


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Clear all caches after each test, because rows are deleted then."""
    caching.clear_all()
    unknown_tokens.clear()


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def kafka(settings) -> Iterator[str]:
    """A real Kafka, with topics and groups of this test's own; the prefix of their names.

    Skipped where there is none (`make test` starts one), but never in CI.
    """
    if settings.KAFKA["bootstrap_servers"].endswith(":9") and "CI" not in os.environ:
        pytest.skip("no Kafka: run `make test`")
    prefix = f"test-{uuid4().hex[:12]}."
    settings.KAFKA_TOPIC_PREFIX = settings.KAFKA_GROUP_PREFIX = prefix
    settings.KAFKA_TOPIC_PARTITIONS = 3
    topics = ("orders", "inventory", "invoicing", "backorders")
    ensure_topics(topics)
    wait_until(lambda: not missing_topics(topics), what="the broker knows its new topics")
    yield prefix
    # A broker that keeps the topics of hundreds of tests takes ever longer for its other work.
    ask_cluster(lambda admin: admin.delete_topics([prefix + topic for topic in topics]))
