"""msgspec's conversion, safe from threads that meet a type for the first time."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

_known: set[Any] = set()
_getting_to_know = threading.Lock()


def convert(value: object, type_: Any, *, dec_hook: Callable[[type, Any], Any] | None = None) -> Any:
    """`msgspec.convert`, except that one thread at a time makes the first use of a type.

    msgspec then looks at the fields of a struct or dataclass, and another thread that comes meanwhile crashes the
    process: 0.22.0 does, as tests/unit/common/test_conversion.py shows.
    """
    if type_ not in _known:
        with _getting_to_know:
            msgspec.json.Decoder(type_, dec_hook=dec_hook)
            _known.add(type_)
    return msgspec.convert(value, type_, dec_hook=dec_hook)
