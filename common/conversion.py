"""msgspec's conversion, made safe for threads that use a type for the first time."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

_used_types: set[Any] = set()
_first_use = threading.Lock()


def convert(value: object, type_: Any, *, dec_hook: Callable[[type, Any], Any] | None = None) -> Any:
    """`msgspec.convert`, except that one thread at a time makes the first use of a type.

    At the first use msgspec inspects the fields of a struct or dataclass; a second thread that does so at the same time
    crashes the process: msgspec 0.22.0 does, as tests/unit/common/test_conversion.py shows.
    """
    if type_ not in _used_types:
        with _first_use:
            msgspec.json.Decoder(type_, dec_hook=dec_hook)
            _used_types.add(type_)
    return msgspec.convert(value, type_, dec_hook=dec_hook)
