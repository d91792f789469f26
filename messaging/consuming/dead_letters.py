"""Storing dead letters: records that a consumer could not handle, and those that wait behind them under their key."""

import traceback
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from common.sql import execute
from messaging import statements
from messaging.events import Headers
from messaging.models import DeadLetter
from messaging.transport.base import Record

# Topic, partition, offset, and timestamp: a topic that is made anew, or another cluster, counts offsets from 0 again.
Identity = tuple[str, int, int, int]

_TEXT_LIMIT = 10_000  # characters of an error or a traceback


def held_keys(consumer: str, keys: Collection[str], *, known_types: Collection[str]) -> set[str]:
    """The given keys that have an open dead letter: later events of such a key must wait behind it.

    In the caller's transaction. It waits until a replay of such a key has ended, which may resolve the key's last one.
    """
    held = _with_open_letters(consumer, keys, known_types)
    if not held:
        return held
    for key in sorted(held):
        lock_sequence(consumer, key)
    return _with_open_letters(consumer, held, known_types)


def open_letters(consumer: str, *, known_types: Collection[str]) -> QuerySet[DeadLetter]:
    """The dead letters that hold up their keys. A deferred one does only if its type is one of `known_types`."""
    letters = DeadLetter.objects.filter(consumer=consumer, state__in=DeadLetter.UNRESOLVED)
    return letters.filter(~Q(state=DeadLetter.State.DEFERRED) | Q(event_type__in=known_types))


def lock_sequence(consumer: str, key: str) -> None:
    """Lock the dead letters of a key for the rest of the transaction: nobody else adds to them or resolves them."""
    execute(statements.LOCK_SEQUENCE, consumer=consumer, key=key)


def resolved(consumer: str, records: Collection[Record]) -> set[Identity]:
    """The given records that were dead letters and have been replayed or discarded."""
    topics, partitions, offsets, timestamps = map(set, zip(*map(identity, records), strict=True))
    letters = DeadLetter.objects.filter(
        consumer=consumer,
        topic__in=topics,
        partition__in=partitions,
        offset__in=offsets,
        timestamp__in=timestamps,
    ).exclude(state__in=DeadLetter.UNRESOLVED)
    return set(letters.values_list("topic", "partition", "offset", "timestamp"))


def identity(record: Record) -> Identity:
    """The identity of a record: the same at each delivery, and different for each record."""
    return record.topic, record.partition, record.offset, record.timestamp


def store_failed(consumer: str, failures: Iterable[tuple[Record, Exception]], *, attempts: int) -> None:
    """Store failed records with their errors, in the caller's transaction. A second delivery changes nothing."""
    letters = []
    for record, error in failures:
        letter = _letter(consumer, record)
        letter.state = DeadLetter.State.FAILED
        letter.attempts = attempts
        describe(letter, error)
        letters.append(letter)
    DeadLetter.objects.bulk_create(letters, ignore_conflicts=True)


def store_waiting(consumer: str, records: Iterable[Record]) -> None:
    """Store records that come after a dead letter of their key. A second delivery changes nothing."""
    _store(consumer, records, DeadLetter.State.WAITING)


def store_deferred(consumer: str, records: Iterable[Record]) -> None:
    """Store records of types that a later version may know. A second delivery changes nothing."""
    _store(consumer, records, DeadLetter.State.DEFERRED)


def describe(letter: DeadLetter, error: Exception) -> None:
    """Set a letter's error and traceback."""
    letter.error = _clean(f"{type(error).__name__}: {error}")
    letter.traceback = _clean("".join(traceback.format_exception(error)))


def record_of(letter: DeadLetter) -> Record:
    """The record as it was received."""
    return Record(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=letter.key.encode(),
        value=bytes(letter.body),
        headers=[(name, _bytes(value)) for name, value in letter.headers],
        timestamp=letter.timestamp,
    )


def key_of(record: Record) -> str:
    """The key as text, empty where there is none: records without a key do not wait for others."""
    text = _text(record.key)
    return (text if isinstance(text, str) else str(text["base64"]))[:200]


def type_of(record: Record) -> str:
    """The type that a record names, as much of it as is stored and logged: whoever sent it chose how long it is."""
    return header(record.headers, "ce_type")[:200]


def header(headers: Headers, name: str) -> str:
    """A header's text, empty where it is missing or no text."""
    value = next((_text(value) for found, value in headers if found == name), "")
    return value if isinstance(value, str) else ""


def _with_open_letters(consumer: str, keys: Collection[str], known_types: Collection[str]) -> set[str]:
    rows = execute(statements.HELD_KEYS, consumer=consumer, keys=list(keys), known_types=list(known_types))
    return {key for (key,) in rows}


def _store(consumer: str, records: Iterable[Record], state: DeadLetter.State) -> None:
    letters = [_letter(consumer, record) for record in records]
    for letter in letters:
        letter.state = state
    DeadLetter.objects.bulk_create(letters, ignore_conflicts=True)


def _letter(consumer: str, record: Record) -> DeadLetter:
    return DeadLetter(
        consumer=consumer,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=key_of(record),
        event_type=type_of(record),
        headers=[[_clean(name), _text(value)] for name, value in record.headers],
        body=record.value or b"",
        attempts=0,
    )


def _text(value: bytes | None) -> Any:
    """Bytes as text where they are text that PostgreSQL can store, else as {"base64": …}."""
    if not value:
        return ""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\x00"
    return {"base64": b64encode(value).decode()} if "\x00" in text else text


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else b64decode(value["base64"])


def _clean(text: str) -> str:
    """Text that PostgreSQL can store: no NUL, no lone surrogates."""
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()[:_TEXT_LIMIT]
