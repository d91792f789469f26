"""Load shedding: under overload, requests are rejected without parsing their headers.

uvicorn calls a dozen Python functions for each request, most of them for its headers. With thousands of rejected
requests a second, that took most of the CPU (docs/decisions/0021-shedding-before-parsing.md).
"""

from collections.abc import Callable, Sequence

import httptools
import msgspec
import uuid_utils
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from api.request_ids import REQUEST_ID
from serving.exceptions import Overloaded
from serving.rejections import rejection
from serving.request_head import Scope

MAX_SIZE = 16 * 1024  # bytes of a request; a longer one is parsed as usual
_METHODS = (b"GET", b"POST")  # not HEAD, whose response has no body
_PLACEHOLDER = b"~request-id~"
_REQUEST_ID = b"\nx-request-id:"
_OVERLOADED = Overloaded()

DefaultHeaders = Sequence[tuple[bytes, bytes]]


class Shedder:
    """Makes the responses to requests that are shed. For one event loop only.

    Args:
        is_full: whether a request would be rejected, by its method and path.
    """

    def __init__(self, is_full: Callable[[Scope], bool]) -> None:
        self._is_full = is_full
        self._framing = _Framing()
        self._response = _Response(())

    def response_to(self, data: bytes, default_headers: DefaultHeaders) -> bytes | None:
        """The response to a request that is shed; None if `data` has to be parsed as usual.

        Args:
            data: received on a connection that is between two requests.
            default_headers: the server's, the same object for as long as they do not change.
        """
        if not self._is_rejected(data):
            return None
        if not self._framing.is_one_request(data):
            self._framing = _Framing()
            return None
        head = data[: data.find(b"\r\n\r\n")]
        names = head.lower()
        if b"\nexpect:" in names:
            return None
        if self._response.default_headers is not default_headers:
            self._response = _Response(default_headers)
        return self._response.to(_given_id(head, names))

    def _is_rejected(self, data: bytes) -> bool:
        line, found, _ = data.partition(b" HTTP/1.1\r\n")
        method, _, target = line.partition(b" ")
        if not found or len(data) > MAX_SIZE or method not in _METHODS or not target.startswith(b"/"):
            return False
        path = target.partition(b"?")[0]
        return path.isascii() and self._is_full({"method": method.decode(), "path": path.decode(), "headers": ()})


class _Framing:
    """Finds the end of a request by the parser of all requests, without callbacks for headers."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._begun = self._complete = 0
        self._keeps_alive = False

    def on_message_begin(self) -> None:
        self._begun += 1

    def on_message_complete(self) -> None:
        self._complete += 1
        self._keeps_alive = self._parser.should_keep_alive()

    def is_one_request(self, data: bytes) -> bool:
        """Whether these bytes are exactly one request, after which the connection stays open.

        If they are not, this object can't be used again, because its parser is in the middle of a message.
        """
        self._begun = self._complete = 0
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        return self._begun == self._complete == 1 and self._keeps_alive


class _Response:
    """The response to shed requests, prepared once for the default headers; only the request id differs."""

    def __init__(self, default_headers: DefaultHeaders) -> None:
        self.default_headers = default_headers
        status, fields, body = rejection(_OVERLOADED, [(b"x-request-id", _PLACEHOLDER)])
        self._body, self._end = body.split(_PLACEHOLDER)
        self._length = len(body) - len(_PLACEHOLDER)
        lines = [b"%b: %b\r\n" % field for field in (*default_headers, *fields)]
        self._head, self._rest_of_head = b"".join([STATUS_LINE[status], *lines]).split(_PLACEHOLDER)

    def to(self, given: str) -> bytes:
        """The response with the client's request id, or with a new one."""
        request_id = given or str(uuid_utils.uuid7())
        text = msgspec.json.encode(request_id)[1:-1]
        length = b"content-length: %d\r\n\r\n" % (self._length + len(text))
        return b"".join((self._head, request_id.encode(), self._rest_of_head, length, self._body, text, self._end))


def _given_id(head: bytes, names: bytes) -> str:
    """The client's request id, empty if it is missing, invalid or given twice. `names`: the head in lower case."""
    start = names.find(_REQUEST_ID)
    if start < 0 or names.find(_REQUEST_ID, start + 1) >= 0:
        return ""
    value = head[start:].partition(b":")[2].partition(b"\r")[0].strip(b" \t").decode("latin-1")
    return value if REQUEST_ID.fullmatch(value) else ""
