"""Steps that wait for their servers, on a clock that the test moves."""

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, OperationalError

from messaging.exceptions import ConnectionRejected, TopicMismatch, TransportUnavailable
from operations.cli import preparation
from operations.cli.preparation import Preparation, Step
from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(preparation.time, "sleep", clock.sleep)
    return clock


def wrapped(cause):
    """An error as a management command raises it."""
    error = CommandError("in words")
    error.__cause__ = cause
    return error


NOT_UP = [
    OperationalError('connection to server at "127.0.0.1", port 5 failed: Connection refused'),
    OperationalError("connection failed: FATAL:  the database system is starting up"),
    OperationalError("connection failed: FATAL:  the database system is not yet accepting connections"),
    OperationalError("connection failed: FATAL:  the database system is in recovery mode"),
    OperationalError("server closed the connection unexpectedly"),
    wrapped(OperationalError("Connection refused")),
    wrapped(TransportUnavailable("Kafka does not answer at 127.0.0.1:9")),
]
REFUSALS = [
    OperationalError('FATAL:  password authentication failed for user "orderflow"'),
    OperationalError('FATAL:  database "orderflow" does not exist'),
    IntegrityError("duplicate key value violates unique constraint"),
    wrapped(ConnectionRejected("Kafka refuses the log-in")),
    wrapped(TopicMismatch("topic orders has 3 partitions")),
    CommandError("DEMO_ADMIN_PASSWORD is not set"),
]


def failing(errors, seconds, clock):
    """Work that fails in these ways one after the other, each after so many seconds, and then takes as long."""
    waiting = list(errors)

    def work():
        clock.now += seconds
        if waiting:
            raise waiting.pop(0)

    return work


@pytest.mark.parametrize("error", NOT_UP, ids=str)
def test_a_server_that_is_not_up_yet_is_waited_for(clock, error):
    said = []

    Preparation(said.append, 60, clock).run(Step("Migrating", failing([error] * 9, 1, clock)))

    assert said == ["Migrating"]


@pytest.mark.parametrize("error", REFUSALS, ids=str)
def test_a_refusal_is_told_at_once(clock, error):
    with pytest.raises(type(error)):
        Preparation(lambda _line: None, 60, clock).run(Step("Migrating", failing([error], 1, clock)))

    assert clock.now == 1


def test_a_server_that_does_not_come_in_time_is_told(clock):
    with pytest.raises(OperationalError, match="refused"):
        Preparation(lambda _line: None, 10, clock).run(Step("Migrating", failing(NOT_UP[:1] * 99, 1, clock)))

    assert clock.now == pytest.approx(10, abs=1.5)


@pytest.mark.parametrize(("seconds", "told"), [(1.5, []), (2.3, ["Migrating: 2.3 s"])])
def test_only_a_long_step_says_how_long_it_took_and_not_how_long_it_waited(clock, seconds, told):
    said = []

    Preparation(said.append, 60, clock).run(Step("Migrating", failing(NOT_UP[:1] * 3, seconds, clock)))

    assert said == ["Migrating", *told]
