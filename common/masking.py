"""Messages without the personal data in them, for people who only have to see what is wrong.

Events carry addresses, e-mail addresses and VAT ids of customers. Their structure stays, and so do ids, amounts and
skus. What can't be read is not shown at all: nobody knows what is in it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

UNMASK = "messaging.unmask_deadletter"  # the permission of those to whom all is shown
MASK = "•••"
UNREADABLE = "(no JSON: it may hold personal data, and is shown to whoever may see that)"
# All below these keys, but for the country.
_PERSONAL = frozenset({"bill_to", "ship_to", "contact", "electronic_address", "email", "phone", "vat_id", "address"})
_PLAIN = frozenset({"country"})
_DELIMITERS = r"\s\"'<>(),:;=\[\]{}"
# Each character is looked at about once: a message may have four million of them without a delimiter.
_IN_TEXT = re.compile(
    rf"(?<![^{_DELIMITERS}@])[^{_DELIMITERS}@]++@[^{_DELIMITERS}]{{1,255}}"  # an e-mail address
    r"|\b[A-Z]{2}[ -]?(?=[A-Z0-9]{0,8}[0-9]{4})[A-Z0-9]{7,12}\b"  # a VAT id: its country, and digits
)
_SHORTEST = 4  # characters of a value that is looked for in other texts: "UK" is in many words


def masked_body(body: bytes | memoryview | str) -> str:
    """The JSON of a message with its personal data masked; UNREADABLE if it is none."""
    value = _decoded(body)
    if value is not _NONE:
        with suppress(RecursionError):
            return msgspec.json.encode(_masked(value, personal=False)).decode()
    return UNREADABLE


def masked_text(text: str, *, of: bytes | memoryview | str = b"") -> str:
    """A text such as an error, without e-mail addresses, VAT ids, and what is personal in the message `of`."""
    secrets: set[str] = set()
    with suppress(RecursionError):
        secrets.update(_personal_texts(_decoded(of) if of else None))
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _IN_TEXT.sub(MASK, text)


_NONE = object()


def _decoded(body: bytes | memoryview | str) -> Any:
    raw = body.encode() if isinstance(body, str) else bytes(body)
    with suppress(msgspec.DecodeError, RecursionError):
        return msgspec.json.decode(raw)
    return _NONE


def _masked(value: Any, *, personal: bool) -> Any:
    if isinstance(value, dict):
        return {
            _IN_TEXT.sub(MASK, key): each
            if key in _PLAIN
            else _masked(each, personal=personal or key.lower() in _PERSONAL)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_masked(each, personal=personal) for each in value]
    if personal and value not in (None, ""):
        return MASK
    return _IN_TEXT.sub(MASK, value) if isinstance(value, str) else value


def _personal_texts(value: Any, *, personal: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in _PLAIN:
                yield from _personal_texts(each, personal=personal or key.lower() in _PERSONAL)
    elif isinstance(value, list):
        for each in value:
            yield from _personal_texts(each, personal=personal)
    elif personal and isinstance(value, str) and len(value) >= _SHORTEST:
        yield from _as_written(value)


def _as_written(value: str) -> Iterable[str]:
    """A text as it is, and as JSON and Python write it."""
    return (value, msgspec.json.encode(value).decode()[1:-1], repr(value)[1:-1])
