"""Keeping what a consumer could not handle, before its offset moves on."""

import traceback
from base64 import b64encode

from messaging.events import Headers
from messaging.models import DeadLetter
from messaging.transport.base import Record

_TEXT_LIMIT = 10_000  # characters of an error or a traceback


def store(consumer: str, record: Record, error: Exception, *, attempts: int) -> None:
    """Store a record whole in the caller's transaction. A second delivery of it changes nothing."""
    DeadLetter.objects.bulk_create([_row(consumer, record, error, attempts)], ignore_conflicts=True)


def _row(consumer: str, record: Record, error: Exception, attempts: int) -> DeadLetter:
    headers = [[name, _text(value)] for name, value in record.headers]
    return DeadLetter(
        consumer=consumer,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=_text(record.key)[:200],
        event_type=header(record.headers, "ce_type")[:200],
        headers=headers,
        body=record.value or b"",
        error=_clean(f"{type(error).__name__}: {error}"),
        traceback=_clean("".join(traceback.format_exception(error))),
        attempts=attempts,
    )


def header(headers: Headers, name: str) -> str:
    return next((_text(value) for found, value in headers if found == name), "")


def _text(value: bytes | None) -> str:
    """As text where it is text that PostgreSQL can store, else as base64."""
    if not value:
        return ""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()
    return text if "\x00" not in text else b64encode(value).decode()


def _clean(text: str) -> str:
    """Text that PostgreSQL can store: no NUL, no lone surrogates."""
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()[:_TEXT_LIMIT]
