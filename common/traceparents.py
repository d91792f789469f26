"""W3C trace contexts as text, the `traceparent` of requests, outbox rows and Kafka headers:
version, trace id, span id and flags, as in 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.
"""

import re

_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<ids>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<rest>-.*)?"
)
_LENGTH = 55  # characters of version 00
_ODD = frozenset("13579bdf")


def normalized(text: str) -> str:
    """A trace context as version 00, which later versions can be read as; empty if it is none."""
    match = _TRACEPARENT.fullmatch(text)
    if match is None:
        return ""
    if match["version"] == "00":
        return "" if match["rest"] else text
    return f"00-{match['ids']}-{'01' if match['flags'][1] in _ODD else '00'}"


def is_sampled(traceparent: str) -> bool:
    """Whether the spans of a trace are recorded. The context is normalized, or empty."""
    return len(traceparent) == _LENGTH and traceparent[-1] in _ODD


def trace_id_of(traceparent: str) -> str:
    """The trace id of a context that is normalized, or empty."""
    return traceparent[3:35]
