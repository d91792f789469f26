"""Checks of the head of a request by RFC 9110 and RFC 9112: ambiguous heads are rejected."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from serving.exceptions import BadHeader, MalformedRequest

RawHeaders = Sequence[tuple[bytes, bytes]]  # names in lower case
Scope = dict[str, Any]  # ASGI's, of type http

# RFC 3986, 3.2.2 and 3.2.3: a registered name or an address, and a port. No user information (RFC 9110, 4.2.4).
_AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::[0-9]{0,5})?")
_NOT_ENCODED = re.compile(rb"%(?![0-9A-Fa-f]{2})")  # RFC 3986, 2.1
_FOR_PEOPLE = (b"/admin/", b"/operations")
# Fields that may occur once only, and whose values have to be ASCII.
_SINGLE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"transfer-encoding",
    }
)


def check(scope: Scope) -> None:
    """Reject an ambiguous head.

    Raises:
        BadHeader: names a field that occurs twice, or whose value is not ASCII.
        MalformedRequest: the Host is missing or invalid, or the body has another transfer coding than chunks.
    """
    headers: RawHeaders = scope["headers"]
    seen: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _SINGLE:
            if name in seen:
                raise BadHeader(f"the header {_title(name)} must come once only")
            if not value.isascii():
                raise BadHeader(f"the header {_title(name)} has bytes that are not ASCII")
            seen[name] = value
    if seen.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        # The parser takes `gzip, chunked`, and would pass on what it has not decoded as the body (RFC 9112, 6.1).
        raise MalformedRequest("the Transfer-Encoding must be chunked, or absent")
    _check_host(seen.get(b"host"), scope["http_version"])


def header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    """The value of a header, empty where there is none."""
    for name, value in headers:
        if name == wanted:
            return value
    return b""


def expects_continue(headers: RawHeaders) -> bool:
    """Whether a client waits to be told to send its body, or that it is of no use."""
    return bool(header(headers, b"expect"))


def split_target(target: bytes) -> tuple[bytes, bytes | None]:
    """A request target in origin form, with the authority of one in absolute form (RFC 9112, 3.2).

    Raises:
        MalformedRequest: it has neither form, no valid authority, a fragment, or a % that encodes nothing. What people
            type into the address of a page is not encoded by all browsers, and a page shows how it was taken.
    """
    if b"#" in target:  # what is behind it would be left out: of "?reference=PO#1" the orders of PO would be listed
        raise MalformedRequest("the request target has a #: it must be written as %23")
    # It would be read as it is, and the % of "50%20" would not be.
    if b"%" in target and not target.startswith(_FOR_PEOPLE) and _NOT_ENCODED.search(target):
        raise MalformedRequest("the request target has a % without two hexadecimal digits: a % must be written as %25")
    if target.startswith(b"/"):
        return target, None
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        raise MalformedRequest("the request target must be a path, or a whole http or https URL")
    authority, path = _split_authority(rest)
    if not _AUTHORITY.fullmatch(authority):
        raise MalformedRequest("the request target names no host")
    return (path if path.startswith(b"/") else b"/" + path), authority


def encode_request_line(data: bytes) -> bytes:
    """The data of a request with its first line in ASCII: other bytes, which some clients send, are percent-encoded."""
    line, end, rest = data.partition(b"\r\n")
    if line.isascii():
        return data
    return b"".join(b"%%%02X" % byte if byte >= 0x80 else bytes((byte,)) for byte in line) + end + rest


def _split_authority(rest: bytes) -> tuple[bytes, bytes]:
    end = min((index for mark in (b"/", b"?", b"#") if (index := rest.find(mark)) >= 0), default=len(rest))
    return rest[:end], rest[end:]


def _check_host(host: bytes | None, http_version: str) -> None:
    if host is None:
        if http_version == "1.0":
            return  # HTTP/1.0 knows no Host
        raise MalformedRequest("the header Host is missing")
    if not _AUTHORITY.fullmatch(host):
        raise MalformedRequest("the header Host is not the name or address of a host")


def _title(name: bytes) -> str:
    return "-".join(part.capitalize() for part in name.decode().split("-"))
