"""The headers of requests and responses."""

from collections.abc import Mapping
from typing import Any

from api.idempotency import HEADER as IDEMPOTENCY_KEY
from api.idempotency import REPLAYED
from api.request_ids import HEADER as REQUEST_ID

EXAMPLE_ID = "018f3a52-7a8e-7c3e-9a56-0a4d1c2b3e4f"  # of a request


def _text(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


RESPONSE_HEADERS: Mapping[str, dict[str, Any]] = {
    REQUEST_ID: _text("The id of the request, in our logs and events, too.", examples=[EXAMPLE_ID]),
    REPLAYED: _text("It is the response to the first request with this Idempotency-Key.", enum=["true"]),
    "RateLimit": _text(
        "What is left of the quota, `r` requests, and in how many seconds, `t`, more is there. Only where clients are "
        "limited.",
        examples=['"client";r=99;t=1'],
    ),
    "RateLimit-Policy": _text("The quota: `q` requests in `w` seconds.", examples=['"client";q=100;w=1']),
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer", "minimum": 0}},
    "Location": _text("Where it is.", format="uri"),
    "ETag": _text("What to send as If-None-Match.", examples=['"5d41402abc4b2a76b9719d911017c592"']),
    "Repr-Digest": _text("SHA-256 of the file, by RFC 9530: `sha-256=:`, its Base64 and `:`."),
    "Content-Disposition": _text("The name of the file.", examples=['inline; filename="INV-2026-000001.pdf"']),
    "WWW-Authenticate": _text("How to log in.", examples=['Bearer realm="orderflow"']),
    "Accept-Encoding": _text("The content encodings that are taken.", examples=["identity"]),
    "Cache-Control": _text("How long it may be kept."),
}
REQUEST_HEADERS: Mapping[str, dict[str, Any]] = {
    REQUEST_ID: _text(
        "An id by which to find this request again: up to 128 visible ASCII characters. Without one, with two, or with "
        "another text, we make one up.",
    ),
    "traceparent": _text("The W3C trace context that the request is part of; what is garbled is left out."),
    IDEMPOTENCY_KEY: _text(
        "Any text that is new for each thing that is to be done once. The same request with the same key, for at least "
        "24 hours, gets the first response again, and nothing is done twice. The same: address and body are, byte for "
        "byte; another request with the key is 422. A request that was answered by an error has not used up its key. "
        "Keys of one client do not meet those of another.",
        pattern="^[!-~]{1,255}$",
        examples=["0b8c4c5e-order-PO-4711"],
    ),
    "If-None-Match": _text("The ETag of what you have: if it is still that, the response is 304 and has no body."),
}


def key_of(header: str) -> str:
    """The name of a header among the components, which has to be a word."""
    return header.replace("-", "")


def response_header(header: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{key_of(header)}"}


def request_header(header: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{key_of(header)}"}
