"""What a setting may be: functions that return what its text means, or raise ValueError with what it must be.

The messages go behind the setting's name, and never repeat the text: it may be a secret in the wrong place.
"""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import available_timezones

# Topics have at most 249 of these characters (Kafka: Topic.validate), and the longest name behind the prefix has 10.
_KAFKA_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,200}")
_INVOICE_SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}")  # as long as its column; part of a path of URLs
_RATE = re.compile(r"(?P<number>[1-9][0-9]{0,6})/(?P<time>s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_NO_PLACES = {"Factory", "localtime"}  # of the database: no time zone yet, and whatever this machine's is
_CRASH_POINT = re.compile(r"[a-z]+\.[a-z_]+(:[1-9][0-9]{0,5})?")


def secret(value: str) -> str:
    """Text without control characters, such as the line end of a file that a secret was read from."""
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in value):
        raise ValueError("must be UTF-8 text without line ends and other control characters")
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def text(value: str) -> str:
    """Text that can be printed, without blanks at its ends."""
    if not value.isprintable() or value != value.strip():
        raise ValueError("must be text that can be printed, without blanks at its ends")
    return value


def short_text(value: str) -> str:
    """Text of up to 200 characters that can be printed, without blanks at its ends."""
    if len(value) > 200:
        raise ValueError("must be at most 200 characters long")
    return text(value)


def flag(value: str) -> bool:
    return choice("true", "false", "1", "0", "yes", "no", "on", "off")(value) in ("true", "1", "yes", "on")


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdecimal() and len(value) <= 18 and least <= int(value) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def retention_days(least: int, why: str) -> Callable[[str], timedelta | None]:
    """For how many days rows are kept, as a time; None for 0: for ever. `why` says why there is a least."""

    def parse(value: str) -> timedelta | None:
        days = number(0, 36_500)(value)
        if 0 < days < least:
            raise ValueError(f"must be 0, which is for ever, or {least} at least: {why}")
        return timedelta(days=days) if days else None

    return parse


def rate(value: str) -> tuple[int, int]:
    """A number of requests in a number of seconds: 100/s, 600/min, 10000/h."""
    if not (match := _RATE.fullmatch(value)):
        raise ValueError("must be a rate such as 100/s, 600/min or 10000/h")
    return int(match["number"]), _SECONDS[match["time"]]


def choice(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        for candidate in choices:
            if value.casefold() == candidate.casefold():
                return candidate
        raise ValueError(f"must be one of {', '.join(choices)}")

    return parse


def kafka_prefix(value: str) -> str:
    if not _KAFKA_PREFIX.fullmatch(value):
        raise ValueError("must be at most 200 of the characters that Kafka allows in names: A-Z a-z 0-9 . _ -")
    return value


def invoice_series(value: str) -> str:
    if not _INVOICE_SERIES.fullmatch(value):
        raise ValueError("must be 1 to 10 letters from A to Z, digits, - or _, the first a letter or digit")
    return value


def time_zone(value: str) -> str:
    """A zone of the IANA time zone database, such as Europe/Berlin."""
    if value not in available_timezones() - _NO_PLACES:
        raise ValueError("must be a time zone of the IANA database, such as Europe/Berlin")
    return value


def crash_point(value: str) -> str:
    """The name of a step, or `name:3` for the third time that it is reached."""
    if not _CRASH_POINT.fullmatch(value):
        raise ValueError("must be the name of a step, such as delivery.after_send, with a count after a colon if any")
    return value


def readable_file(value: str) -> str:
    path = Path(text(value))
    if not path.is_file():
        raise ValueError("must be a file that is there")
    if not os.access(path, os.R_OK):
        raise ValueError("must be a file that this user may read")
    return value


def logo(value: str) -> str:
    """A picture for documents, PNG or SVG."""
    from invoicing.documents.logo import check_logo  # typst is loaded where there is a logo to look at

    check_logo(Path(readable_file(value)))
    return value


def document_language(value: str) -> str:
    """The locale of documents whose reader's own is not known or not translated."""
    from invoicing.documents.locales import document_locale  # Babel is loaded where something is set

    document_locale(value)
    return value


def writable_file(value: str) -> str:
    """A file that is there or can be made."""
    path = Path(text(value)).absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError("must be a file in a folder that is there")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError("must be a file that this user may write")
    return value


def folder(value: str) -> str:
    """A folder, which need not be there yet."""
    if Path(text(value)).exists() and not Path(value).is_dir():
        raise ValueError("must be a folder")
    return value
