"""JSON: a strict parser, and a fast renderer."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api import problems
from api.exceptions import BodyTooLarge, CompressedBody, NotJSON
from common.errors import FieldError, Invalid, member

MAX_BODY_BYTES = 1024 * 1024  # unless the view has a `max_body_bytes`

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(body: bytes) -> Any:
    """JSON as Python values; numbers that are not whole are Decimals.

    Raises:
        NotJSON: also for NaN, Infinity, numbers out of range, and nesting that is too deep.
        Invalid: names the duplicate keys of objects.
    """
    if not body:
        raise NotJSON("the body is empty")
    if body.startswith(_BYTE_ORDER_MARK):
        raise NotJSON("the body starts with a byte order mark: send plain UTF-8")
    try:
        return _decode(body, _decoder)
    except _DuplicateKey:
        raise Invalid(_duplicates(_decode(body, _pairs_decoder))) from None


def encode(data: Any) -> bytes:
    """JSON of any type that msgspec supports; a `msgspec.Raw` inside is copied."""
    try:
        return msgspec.json.encode(data)
    except UnicodeEncodeError:  # a lone surrogate in a text that a client sent: it becomes a question mark
        return json.dumps(msgspec.to_builtins(data), ensure_ascii=False).encode(errors="replace")


class StrictJSONParser(BaseParser):
    """A parser that checks the view's limit of the length first; the body stays available as `request.body`.

    Compressed bodies are rejected, because a few bytes may decompress to any size.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:  # noqa: ARG002
        context: Mapping[str, Any] = parser_context or {}
        request: Request = context["request"]
        codings = request.META.get("HTTP_CONTENT_ENCODING", "").lower().split(",")
        if any(coding.strip() not in ("", "identity") for coding in codings):
            raise CompressedBody
        limit = getattr(context.get("view"), "max_body_bytes", MAX_BODY_BYTES)
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise BodyTooLarge(f"the body may have up to {limit} bytes ({limit / 1024**2:g} MiB)")
        return decode(request.body)


class JSONRenderer(BaseRenderer):
    """Renders structs, dicts, lists, and bytes that are JSON already."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "text"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:  # noqa: ARG002
        context: Mapping[str, Any] = renderer_context or {}
        response = context.get("response")
        if isinstance(data, problems.Problem) and response is not None and response.accepted_renderer is self:
            response["Content-Type"] = problems.CONTENT_TYPE
        body = b"" if data is None else data if isinstance(data, bytes) else encode(data)
        return msgspec.json.format(body, indent=context["indent"]) if context.get("indent") else body


def _decode(body: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(body.decode())
    except UnicodeDecodeError as error:
        raise NotJSON(f"the body is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise NotJSON(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJSON("the body is nested too deeply") from None
    except (InvalidOperation, ValueError):  # a ValueError is an integer of thousands of digits
        raise NotJSON("the body has a number that is out of range") from None


class _DuplicateKey(Exception):
    """An object has a key twice."""


class _Pairs(list[tuple[str, Any]]):
    """An object with all its pairs, also those of duplicate keys."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _DuplicateKey
    return result


def _not_a_number(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not JSON")


def _duplicates(document: Any) -> Iterator[FieldError]:
    """The duplicate keys of a document. Without recursion, because it may be nested as deeply as the decoder allows."""
    walks = [iter([("", document)])]
    while walks:
        step = next(walks[-1], None)
        if step is None:
            walks.pop()
            continue
        pointer, value = step
        if isinstance(value, _Pairs):
            counts = Counter(key for key, _ in value)
            yield from (_twice(member(pointer, key)) for key, count in counts.items() if count > 1)
        walks.append(_containers(pointer, value))


def _twice(pointer: str) -> FieldError:
    return FieldError(pointer, "is given more than once")


def _containers(pointer: str, value: object) -> Iterator[tuple[str, Any]]:
    """The objects and lists directly in a value, each with its pointer."""
    steps = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
    return ((member(pointer, name), item) for name, item in steps if isinstance(item, list))


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_not_a_number)
_pairs_decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_float=Decimal, parse_constant=_not_a_number)
