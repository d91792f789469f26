"""Logs that say things once."""

import logging

from config.logging import OnceAMinute


def record(name: str, line: int) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "conn.py", line, "broker %s is away", ("1",), None)


def test_a_warning_that_kafka_python_repeats_is_said_once_a_minute():
    now = [1000.0]
    once = OnceAMinute(lambda: now[0])

    assert [once.filter(record("kafka.conn", 1)) for _ in range(3)] == [True, False, False]
    assert once.filter(record("kafka.conn", 2))
    now[0] += 61
    assert once.filter(record("kafka.conn", 1))


def test_what_others_say_is_left_alone():
    once = OnceAMinute()

    assert all(once.filter(record("orders", 1)) for _ in range(3))
