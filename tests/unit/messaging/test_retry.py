"""Transient errors, and the backoff."""

import pytest
from django.db import DataError, OperationalError

from messaging.exceptions import TransportUnavailable
from messaging.retry import backoff, is_outage, is_transient, kind_of


class _Caused(Exception):
    def __init__(self, pgcode: str) -> None:
        self.pgcode = pgcode


def with_code(error: Exception, code: str) -> Exception:
    error.__cause__ = _Caused(code)
    return error


@pytest.mark.parametrize("error", [TransportUnavailable(), with_code(OperationalError(), "57P01")])
def test_an_outage_of_kafka_or_postgresql_is_transient(error):
    assert is_outage(error)
    assert is_transient(error)


@pytest.mark.parametrize("code", ["40P01", "55P03", "57014", "25006", "58030"])
def test_work_that_met_other_work_or_a_slow_or_sick_server_may_be_tried_again(code):
    assert is_transient(with_code(OperationalError(), code))


@pytest.mark.parametrize("error", [with_code(DataError(), "22001"), ValueError(), KeyError()])
def test_errors_about_the_work_are_not_transient(error):
    assert not is_transient(error)


def test_waiting_doubles_up_to_a_cap_with_full_jitter():
    longest = [backoff(attempt, base=0.1, cap=1.0, jitter=lambda: 1.0) for attempt in range(6)]

    assert longest == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert backoff(10**6, jitter=lambda: 0.0) == 0.0


def test_metrics_tell_errors_apart_by_what_the_server_said_or_else_by_their_type():
    assert kind_of(with_code(OperationalError("deadlock of 4711 and 4712"), "40P01")) == "40P01"
    assert kind_of(TransportUnavailable("broker 3 of 10.0.0.7")) == "TransportUnavailable"
