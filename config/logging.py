"""Structured logs: one JSON object a line, or readable lines on a terminal."""

import io
import json
import logging.config
import sys
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TextIO

import msgspec
import structlog

from common.printing import never_fail, printable
from common.streams import LogStream

_TIMESTAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
# Libraries that speak too much; at DEBUG kafka-python would print payloads.
_QUIET = ("kafka", "asyncio", "faker", "urllib3")
_CLIENTS = ("kafka", "opentelemetry")  # of servers that may be away
_ERRORS_OF_CLIENTS = ("kafka.errors", "urllib3.exceptions")  # beside those of the system


def logging_config(*, level: str, fmt: str, processors: Sequence[structlog.typing.Processor] = ()) -> None:
    """Send structlog's and the standard library's records to stdout.

    Args:
        level: the least severe level that is written, "INFO" for one.
        fmt: "json" for machines, "console" for people.
        processors: add to each record.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _TIMESTAMP,
        *processors,
    ]
    last = _as_json() if fmt == "json" else _for_people()
    for stream in (sys.stdout, sys.stderr):
        never_fail(stream)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(LogStream(sys.stdout)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*shared, structlog.stdlib.add_logger_name],
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                }
            },
            "filters": {
                "once_a_minute": {"()": OnceAMinute},
                "no_fault_of_ours": {"()": NoFaultOfOurs},
                "not_of_outages": {"()": NotOfOutages},
            },
            "handlers": {
                "stdout": {
                    "class": "logging.StreamHandler",
                    "stream": LogStream(sys.stdout),
                    "formatter": "structured",
                    "filters": ["once_a_minute", "no_fault_of_ours"],
                }
            },
            "root": {"handlers": ["stdout"], "level": level},
            "loggers": {
                **{name: {"level": "WARNING"} for name in _QUIET},
                # That a request was refused, its own line says.
                "django.request": {"level": "ERROR", "filters": ["not_of_outages"]},
            },
        }
    )


class OnceAMinute(logging.Filter):
    """Lets each warning of kafka-python and OpenTelemetry through once a minute: with a server away they repeat
    themselves all the time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_CLIENTS):
            return True
        place, now = (record.pathname, str(record.lineno)), self._clock()
        if now - self._said.get(place, -60.0) < 60.0:
            return False
        self._said[place] = now
        return True


class NoFaultOfOurs(logging.Filter):
    """Makes warnings of the errors of kafka-python and OpenTelemetry: a broker that restarts or closes an idle
    connection, and a collector that is away, are waited for. What comes of it, lines of our own say.

    The error stands at the end of the line then, and not in a traceback below it: that it is an outage, it says itself.
    Other errors are faults of the library, which keep their tracebacks.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(_CLIENTS) and record.levelno == logging.ERROR:
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            error = record.exc_info[1] if record.exc_info else None
            if error is not None and _is_of_outage(error):
                text = " ".join(f"{record.getMessage()}: {type(error).__name__}: {error}".split())
                record.msg, record.args, record.exc_info, record.exc_text = text, None, None, None
        return True


def _is_of_outage(error: BaseException) -> bool:
    return isinstance(error, OSError) or type(error).__module__ in _ERRORS_OF_CLIENTS


class NotOfOutages(logging.Filter):
    """Drops Django's error that a response was 503: a server is away, or there is too much to do, which lines of our
    own say.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE


def _for_people() -> list[structlog.typing.Processor]:
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=_write_traceback)
    return [_escape_texts, renderer]


def _escape_texts(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Before the colours come in: what others wrote must not do anything to a terminal. Other values get their repr."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _write_traceback(out: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    # Not the default one: it prints the values of local variables, which are nobody's business.
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    out.write(printable(text.getvalue(), keep="\n"))


def _as_json() -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]


def _dumps(record: Any, default: Any = None, **_: Any) -> str:
    try:
        return printable(msgspec.json.encode(record, enc_hook=default or str).decode())
    except UnicodeEncodeError:  # bytes that were not UTF-8, in a file's name for one
        return json.dumps(record, default=default or str)
