"""Logs that say things once, and that a terminal can show."""

import io
import json
import logging
import os
import select
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from kafka.errors import KafkaTimeoutError

from config.logging import OnceAMinute, logging_config


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


# dpkp/kafka-python#1323, DemocracyClub/UK-Polling-Stations#2689: what is waited for was logged as an error.
def test_a_server_that_is_away_is_no_error_of_ours(log):
    log("json", "utf-8", "there is room")
    written = io.StringIO()
    logging.getLogger().handlers[0].setStream(written)

    logging.getLogger("kafka.conn").error("it closed the connection")
    logging.getLogger("kafka.coordinator").critical("out of memory")
    for status in (500, 503):
        logging.getLogger("django.request").error("%s", status, extra={"status_code": status})

    levels = {line["event"]: line["level"] for line in map(json.loads, written.getvalue().splitlines())}
    assert levels == {"it closed the connection": "warning", "out of memory": "critical", "500": "error"}


# dpkp/kafka-python#845, thomhurst/Dekaf#2130: a broker that restarted was a traceback in the log of each client.
@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (ConnectionResetError(104, "reset"), 1),
        (KafkaTimeoutError("no answer\nin time"), 1),
        (AttributeError("a fault of the library"), 2),
    ],
)
def test_an_outage_is_one_line_and_a_fault_of_the_library_is_told_in_full(log, fmt, error, lines):
    log(fmt, "utf-8", "there is room")
    written = io.StringIO()
    logging.getLogger().handlers[0].setStream(written)

    logging.getLogger("kafka.conn").error("closing %s", "the socket", exc_info=error)

    said = written.getvalue()
    assert ("closing the socket: " in said) == (lines == 1)
    assert type(error).__name__ in said
    assert len(said.splitlines()) == (lines if fmt == "console" else 1)
    assert ("exception" in said) == (lines == 2 and fmt == "json")


@pytest.fixture
def log(monkeypatch) -> Iterator[Callable[[str], str]]:
    """What a format and an encoding make of a warning with what others wrote, and of an error with its traceback."""
    config, handlers = structlog.get_config(), list(logging.getLogger().handlers)

    def write(fmt: str, encoding: str, text: str) -> str:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
        monkeypatch.setattr(sys, "stdout", stream)
        logging_config(level="INFO", fmt=fmt)
        structlog.get_logger().warning("odd", key=text, keys=[text])
        logging.getLogger("of.others").error("said %s", text, exc_info=ValueError(text))
        return raw.getvalue().decode(encoding)

    yield write
    structlog.configure(**config)
    logging.getLogger().handlers[:] = handlers


# Kozea/Radicale#45: a log line that an ASCII terminal can't show ended in a traceback.
@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_what_others_wrote_does_nothing_to_a_terminal(log, fmt, encoding):
    said = log(fmt, encoding, "ü\x1b[2J\x9b\x7f\u202e\udcff")

    assert said.replace("\n", "").isprintable()
    assert said.count("[2J") >= 4  # of both records, and of the traceback: escaped, not dropped


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_logs_as_json_say_what_was_written(log, encoding):
    text = "ü\x1b[2J\x9b\x7f😀"

    first, second = map(json.loads, log("json", encoding, text).splitlines())

    assert (first["key"], first["keys"], second["event"]) == (text, [text], f"said {text}")
    assert second["exception"].endswith(f"ValueError: {text}")


def test_a_line_of_logs_for_people_is_not_ended_by_what_others_wrote(log):
    first, *_ = log("console", "utf-8", "a\nb").splitlines()

    assert "keys" in first


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_logs_that_can_not_be_written_are_lost_and_nothing_else(log, fmt, monkeypatch, capsys):
    """wazuh/wazuh#14734, BrightcoveOS/Diamond#322: a full disk under the logs ended the work that they told of."""
    log(fmt, "utf-8", "there is room")

    with io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True) as full:
        monkeypatch.setattr(sys, "stdout", full)
        logging_config(level="INFO", fmt=fmt)
        structlog.get_logger().warning("placed")
        logging.getLogger("of.others").error("said")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_a_reader_of_logs_that_reads_no_more_holds_nobody_up(fmt, monkeypatch, log):
    """Parsl/parsl#738, humanmade/Cavalcade#37: whoever wrote to a full pipe waited for ever."""
    log(fmt, "utf-8", "there is room")
    monkeypatch.setattr("common.streams._WRITE_TIMEOUT", 0.01)
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as logs, os.fdopen(writer, "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        logging_config(level="INFO", fmt=fmt)
        for _ in range(100):
            structlog.get_logger().warning("placed", key="x" * 5000)
            logging.getLogger("of.others").error("said")
        while select.select([logs], [], [], 0)[0]:
            logs.read(65536)

        structlog.get_logger().warning("they read again")

        assert b"they read again" in logs.read(65536)
